// An overview of a dataset -> text for a terminal, and a page with a contact sheet.

import { formatCount } from "../format.js";
import { escapeHtml, htmlTable, page } from "../present/html.js";
import type { ContactSheet } from "./contact-sheet.js";
import { type DatasetOverview, PARTS } from "./dataset-overview.js";

/** Head and cells of the table of classes, whose last row has the sums. */
export function classTable({ classNames, counts }: DatasetOverview): { head: string[]; cells: string[][] } {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    head: ["class", ...PARTS],
    cells: [
      ...classNames.map((name, label) => [
        name,
        ...PARTS.map((part) => formatCount(counts[part][label] as number)),
      ]),
      ["all", ...PARTS.map((part) => formatCount(sum(counts[part])))],
    ],
  };
}

/** One fact per line. */
export function factsOf(overview: DatasetOverview): string[] {
  const { sizes, channels, mean, std, duplicates, broken, otherFiles } = overview;
  const range = ([least, most]: readonly [number, number]) =>
    least === most ? String(least) : `${least} to ${most}`;
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(", ");
  return [
    `height ${range(sizes.heights)}, width ${range(sizes.widths)}, ${channels} ${channels === 1 ? "channel" : "channels"}`,
    `training images as they are stored, from 0 to 1: mean ${numbers(mean)}; std ${numbers(std)}`,
    `images that are also in the training set: ${duplicates.validation} for validation, ${duplicates.test} for testing; ${duplicates.train} in the training set twice`,
    ...(broken.length > 0 ? [`broken images, left out: ${broken.length}`] : []),
    ...(otherFiles > 0 ? [`files that are not images, ignored: ${otherFiles}`] : []),
  ];
}

export function datasetPage(
  name: string,
  overview: DatasetOverview,
  { png, classNames }: ContactSheet,
): string {
  const { head, cells } = classTable(overview);
  return page(
    name,
    [
      `<ul>${factsOf(overview)
        .map((fact) => `<li>${escapeHtml(fact)}</li>`)
        .join("")}</ul>`,
      `<p>Left: training images as they are stored. Right: the same images after the transforms of the first epoch. Rows: ${escapeHtml(classNames.join(", "))}.</p>`,
      `<img alt="Training images" src="data:image/png;base64,${png.toString("base64")}">`,
      htmlTable(head, cells),
    ].join("\n"),
  );
}
