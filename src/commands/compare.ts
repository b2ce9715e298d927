// squeezebox compare: the table of a sweep, or of several together, from their CSV files.

import { type Comparison, type ComparisonAsked, compareSweeps } from "../report/comparison.js";
import { formatComparison } from "../report/comparison-table.js";
import { readSweep, type SweepTables } from "../report/read-sweep.js";
import {
  answerOf,
  limitSentence,
  matchSentences,
  partialSentence,
  sentencesOf,
} from "../report/sentences.js";
import { print, printError, printJson } from "./output.js";

export interface CompareFlags extends ComparisonAsked {
  readonly json: boolean;
}

export async function compare(folders: readonly string[], flags: CompareFlags): Promise<number> {
  const sweeps = folders.map(readSweep);
  const comparison = compareSweeps(sweeps, flags);
  if (flags.json)
    printJson({ ...comparison, sentences: sentencesOf(comparison), damaged: damagedIn(sweeps) });
  else {
    print(comparisonText(comparison));
    for (const problem of damagedIn(sweeps)) printError(problem);
  }
  return 0;
}

export function comparisonText(comparison: Comparison): string {
  const about = [answerOf(comparison), partialSentence(comparison), limitSentence(comparison)];
  return [
    formatComparison(comparison),
    "",
    ...about.filter((sentence) => sentence !== null),
    ...matchSentences(comparison),
    ...sentencesOf(comparison),
  ].join("\n");
}

export function damagedIn(sweeps: readonly SweepTables[]): string[] {
  return sweeps.flatMap(({ damaged }) => damaged);
}
