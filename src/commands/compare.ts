// squeezebox compare: prints the table of one or more sweeps, read from their CSV files.

import { resolve } from "node:path";
import { formatComparison } from "../present/comparison-table.js";
import { EVIDENCE_LEGEND, evidenceSentences, formatEvidence } from "../present/evidence.js";
import { answerOf, conditionsOf, sentencesOf } from "../present/sentences.js";
import { type Comparison, type ComparisonAsked, compareSweeps } from "../report/comparison.js";
import { imageEvidence } from "../report/image-evidence.js";
import { readSweep, type SweepTables } from "../report/read-sweep.js";
import { lineWidth, print, printError, printJson, wrapped } from "./output.js";

export interface CompareFlags extends ComparisonAsked {
  readonly json: boolean;
}

export async function compare(folders: readonly string[], flags: CompareFlags): Promise<number> {
  const sweeps = distinctFolders(folders).map(readSweep);
  const comparison = compareSweeps(sweeps, flags);
  const damaged = damagedIn(sweeps);
  const evidence = imageEvidence(sweeps, flags, damaged);
  if (flags.json) printJson({ ...comparison, evidence, sentences: sentencesOf(comparison), damaged });
  else {
    print(comparisonText(comparison));
    const [byClass, byImage] = formatEvidence(evidence, { alpha: comparison.alpha, width: lineWidth() });
    if (byClass !== null) print(`\n${byClass}`);
    if (byImage !== null) print(`\n${byImage}\n\n${wrapped(EVIDENCE_LEGEND)}`);
    for (const sentence of evidenceSentences(evidence)) print(wrapped(sentence));
    for (const problem of damaged) printError(problem);
  }
  return 0;
}

export function comparisonText(comparison: Comparison): string {
  return [
    formatComparison(comparison, lineWidth()),
    "",
    ...[answerOf(comparison), ...conditionsOf(comparison), ...sentencesOf(comparison)].map(wrapped),
  ].join("\n");
}

/** Without repeated folders, even if they are spelled differently. */
export function distinctFolders(folders: readonly string[]): string[] {
  return folders.filter(
    (folder, index) => folders.findIndex((other) => resolve(other) === resolve(folder)) === index,
  );
}

export function damagedIn(sweeps: readonly SweepTables[]): string[] {
  return sweeps.flatMap(({ damaged }) => damaged);
}
