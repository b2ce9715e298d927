// A report -> its files: the page, tables, figures for papers, and a paragraph on methods.

import { statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { comparisonLatex, comparisonMarkdown, comparisonRecords } from "../present/comparison-table.js";
import { classRecords, evidenceRecords } from "../present/evidence.js";
import { pdfOf, printedSvg } from "../present/figure-files.js";
import { type Figure, figuresOf } from "../present/figures.js";
import { htmlReport } from "../present/html-report.js";
import { methodsOf } from "../present/methods.js";
import { answerOf, conditionsOf, sentencesOf } from "../present/sentences.js";
import { writeCsv, writeRecords } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import { CLASS_COLUMNS, COMPARISON_COLUMNS, EVIDENCE_COLUMNS } from "../records/report-tables.js";
import type { ReportData } from "../report/read-report.js";
import { picturesOf } from "./report-pictures.js";

export interface ReportFiles {
  readonly html: string;
  readonly files: readonly string[];
}

/** `isFinal`: whether to write what takes long and does not change what is known, too: figures as files, and pictures of test images. */
export async function writeReport(
  data: ReportData,
  { out, isFinal }: { readonly out: string; readonly isFinal: boolean },
): Promise<ReportFiles> {
  const { comparison, evidence, classNames } = data;
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new InputError(`${out} is a file; a report needs a folder`);
  const figures = await figuresOf(data);
  const pictures = isFinal ? await picturesOf(data) : new Map();
  const html = htmlReport(data, { figures, pictures });
  const about = [answerOf(comparison), ...conditionsOf(comparison), ...sentencesOf(comparison)];
  const at = (name: string) => join(out, name);
  writeWhole(at("report.html"), html);
  writeWhole(at("table.md"), comparisonMarkdown(comparison, about));
  writeWhole(at("table.tex"), comparisonLatex(comparison, about));
  writeCsv(at("table.csv"), COMPARISON_COLUMNS, comparisonRecords(comparison));
  writeCsv(at("evidence.csv"), EVIDENCE_COLUMNS, evidenceRecords(evidence));
  writeCsv(at("classes.csv"), CLASS_COLUMNS, classRecords(evidence, classNames));
  writeWhole(at("methods.md"), methodsOf(data));
  if (isFinal) for (const figure of figures) await writeFigure(figure, at("figures"));
  const names = [
    "report.html",
    "table.md",
    "table.tex",
    "table.csv",
    "evidence.csv",
    "classes.csv",
    "methods.md",
  ];
  return { html, files: [...names, ...(isFinal && figures.length > 0 ? ["figures"] : [])].map(at) };
}

async function writeFigure({ name, svg, values }: Figure, folder: string): Promise<void> {
  const file = join(folder, name);
  writeWhole(`${file}.svg`, printedSvg(svg));
  writeWhole(`${file}.pdf`, await pdfOf(svg));
  writeRecords(`${file}.csv`, values);
}
