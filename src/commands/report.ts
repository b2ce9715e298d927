// squeezebox report: a page, and the table as Markdown, LaTeX and CSV, beside a sweep's other files.

import { basename, join, resolve } from "node:path";
import { writeCsv } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import {
  COMPARISON_COLUMNS,
  comparisonLatex,
  comparisonMarkdown,
  comparisonRecords,
} from "../report/comparison-table.js";
import { htmlReport } from "../report/html-report.js";
import { readReport } from "../report/read-report.js";
import { sentencesOf } from "../report/sentences.js";
import { type CompareFlags, comparisonOf } from "./compare.js";
import { print, printJson } from "./output.js";

export async function report(folder: string, flags: CompareFlags): Promise<number> {
  const comparison = comparisonOf(folder, flags);
  const [page, markdown, latex, csv] = ["report.html", "table.md", "table.tex", "table.csv"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const sentences = sentencesOf(comparison).map((sentence) => `- ${sentence}`);
  writeWhole(page, await htmlReport(readReport(folder, basename(resolve(folder)), comparison)));
  writeWhole(markdown, `${comparisonMarkdown(comparison)}\n${sentences.join("\n")}\n`);
  writeWhole(latex, comparisonLatex(comparison));
  writeCsv(csv, COMPARISON_COLUMNS, comparisonRecords(comparison));
  const files = [page, markdown, latex, csv];
  if (flags.json) printJson({ files });
  else print(files.join("\n"));
  return 0;
}
