// svg-to-pdfkit has no types of its own.

declare module "svg-to-pdfkit" {
  export default function SVGtoPDF(
    document: PDFKit.PDFDocument,
    svg: string,
    x: number,
    y: number,
    options?: { readonly fontCallback?: () => string },
  ): void;
}
