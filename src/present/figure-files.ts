// A figure -> SVG and PDF files for papers.

import { createRequire } from "node:module";
import PDFDocument from "pdfkit";
import SVGtoPDF from "svg-to-pdfkit";

/** PDF measures in points, of which 72 are an inch; a pixel is 1/96 inch. */
const POINTS_PER_PIXEL = 0.75;

/** On white paper. */
export function printedSvg(svg: string): string {
  return svg.replaceAll("currentColor", "#000000");
}

/** Has Latin, Greek and Cyrillic letters; others are shown as boxes. About as narrow as the fonts of browsers, by which texts are placed. */
const FONT = createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf");

/** One page as large as the figure. Text is text, and its font is part of the file, as publishers want it. */
export async function pdfOf(svg: string): Promise<Buffer> {
  const [, width = "100", height = "100"] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const size = [Number(width) * POINTS_PER_PIXEL, Number(height) * POINTS_PER_PIXEL] as [number, number];
  // The same figure becomes the same file.
  const info = { CreationDate: new Date(0), ModDate: new Date(0) };
  const document = new PDFDocument({ size, margin: 0, info, compress: true });
  const parts: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    document.on("data", (part: Buffer) => parts.push(part));
    document.on("end", resolve);
    document.on("error", reject);
  });
  document.registerFont("figure", FONT);
  // PDF has no dashes without gaps.
  const text = printedSvg(svg).replaceAll(' stroke-dasharray="1,0"', "");
  SVGtoPDF(document, text, 0, 0, { fontCallback: () => "figure" });
  document.end();
  await done;
  return Buffer.concat(parts);
}
