// squeezebox data show: what a dataset contains, as tables, and some of its images.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { contactSheet } from "../analysis/contact-sheet.js";
import { overviewOf } from "../analysis/dataset-overview.js";
import { classTable, datasetPage, factsOf } from "../analysis/dataset-page.js";
import { formatTable } from "../format.js";
import { writeWhole } from "../records/files.js";
import { watchData } from "./data-progress.js";
import { datasetAt } from "./data-source.js";
import { lineWidth, print, printJson, wrapped } from "./output.js";

export interface DataShowFlags {
  readonly json: boolean;
  /** The folder for the contact sheet; none by default. */
  readonly out?: string;
}

/** Longer tables are only in the page. */
const MOST_ROWS = 40;

export async function dataShow(path: string, { json, out }: DataShowFlags): Promise<number> {
  const { name, spec } = datasetAt(path);
  const view = watchData(json);
  const { overview, open } = await overviewOf(spec, view.progressed).finally(view.close);
  const folder = out ?? `${name}-data`;
  const sheet = await contactSheet(open, spec);
  const files = [join(folder, "images.png"), join(folder, "data.html")] as const;
  mkdirSync(folder, { recursive: true });
  writeWhole(files[0], sheet.png);
  writeWhole(files[1], datasetPage(name, overview, sheet));
  if (json) {
    printJson({ ...overview, files });
    return 0;
  }
  const { head, cells } = classTable(overview);
  const shown = cells.length > MOST_ROWS ? cells.slice(-1) : cells;
  print(formatTable(head, shown, { right: [1, 2, 3], width: lineWidth() }));
  if (shown.length < cells.length) print(`${cells.length - 1} classes, which ${files[1]} lists`);
  print("");
  for (const fact of factsOf(overview)) print(wrapped(fact));
  print(`\n${files.join("\n")}`);
  return 0;
}
