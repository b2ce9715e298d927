// squeezebox report: a page, and the table as Markdown, LaTeX and CSV, beside a sweep's other files.

import { join } from "node:path";
import { InputError } from "../diagnostic.js";
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
import { answerOf, sentencesOf } from "../report/sentences.js";
import type { CompareFlags } from "./compare.js";
import { print, printError, printJson } from "./output.js";

export interface ReportFlags extends CompareFlags {
  readonly out?: string;
}

export async function report(folders: readonly string[], flags: ReportFlags): Promise<number> {
  const [only] = folders;
  const out = flags.out ?? (folders.length === 1 ? only : undefined);
  if (out === undefined)
    throw new InputError("a report over several sweeps belongs to none of them: --out says where it goes");
  const data = readReport(folders, flags);
  const { comparison, damaged } = data;
  const [page, markdown, latex, csv] = ["report.html", "table.md", "table.tex", "table.csv"].map((name) =>
    join(out, name),
  ) as [string, string, string, string];
  const sentences = sentencesOf(comparison).map((sentence) => `- ${sentence}`);
  writeWhole(page, await htmlReport(data));
  writeWhole(markdown, `${comparisonMarkdown(comparison)}\n${sentences.join("\n")}\n`);
  writeWhole(latex, comparisonLatex(comparison));
  writeCsv(csv, COMPARISON_COLUMNS, comparisonRecords(comparison));
  const files = [page, markdown, latex, csv];
  if (flags.json) printJson({ files, answer: answerOf(comparison), damaged });
  else {
    print([answerOf(comparison), "", ...files].join("\n"));
    for (const problem of damaged) printError(problem);
  }
  return 0;
}
