// squeezebox report: the table of a sweep as Markdown, LaTeX and CSV beside its other files.

import { join } from "node:path";
import { writeCsv } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import {
  COMPARISON_COLUMNS,
  comparisonLatex,
  comparisonMarkdown,
  comparisonRecords,
} from "../report/comparison-table.js";
import { sentencesOf } from "../report/sentences.js";
import { type CompareFlags, comparisonOf } from "./compare.js";
import { print, printJson } from "./output.js";

export async function report(folder: string, flags: CompareFlags): Promise<number> {
  const comparison = comparisonOf(folder, flags);
  const files = ["table.md", "table.tex", "table.csv"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const sentences = sentencesOf(comparison).map((sentence) => `- ${sentence}`);
  writeWhole(files[0], `${comparisonMarkdown(comparison)}\n${sentences.join("\n")}\n`);
  writeWhole(files[1], comparisonLatex(comparison));
  writeCsv(files[2], COMPARISON_COLUMNS, comparisonRecords(comparison));
  if (flags.json) printJson({ files });
  else print(files.join("\n"));
  return 0;
}
