// What has come of a stage of a sweep -> a table for people, and one in the folder of the stage.

import { join } from "node:path";
import type { HalvingSpec, Sweep, TuneSpec } from "../config/sweep-spec.js";
import { formatTable, shortPath } from "../format.js";
import { metricScale, metricWords } from "../present/metric-words.js";
import { endWords } from "../present/tuned-values.js";
import { writeCsv } from "../records/csv.js";
import { LOOK_COLUMNS, TUNING_COLUMNS } from "../records/report-tables.js";
import type { Ranked } from "../sweep/halving.js";
import type { Measured } from "../sweep/stage-results.js";
import type { StageOutcome } from "../sweep/stages.js";
import { chosenAtEnds, chosenOf, type Tried } from "../sweep/tuned-values.js";
import { lineWidth, print, wrapped } from "./output.js";

interface Place {
  readonly folder: string;
  readonly json: boolean;
}

export function showOutcome(
  outcome: StageOutcome,
  { asked, ...place }: Place & { readonly asked: Sweep },
): void {
  const { tune, halving } = asked;
  if (outcome.kind === "tuning" && tune) showTuning(outcome.tried, tune, place);
  if (outcome.kind === "look" && halving) showLook(outcome.ranked, halving, place);
}

function showTuning(tried: readonly Tried[], tune: TuneSpec, { folder, json }: Place): void {
  const file = join(folder, "tuning.csv");
  writeCsv(
    file,
    TUNING_COLUMNS,
    tried.map(({ isChosen, ...one }) => ({ ...one, mean: known(one.mean), chosen: isChosen ? "yes" : "no" })),
  );
  if (json) return;
  const { over, by } = tune;
  const rows = tried.map((one) => [
    one.variant,
    ...over.map(({ path }) => String(one.values[path])),
    meanWords(one, by),
    remarks(one, one.isChosen ? "chosen" : ""),
  ]);
  const names = over.map(({ path }) => shortPath(path));
  printRows(["variant", ...names, metricWords(by), ""], rows);
  for (const sentence of endWords(chosenAtEnds(tune, chosenOf(tried)))) print(wrapped(sentence));
  print(`${file}\n`);
}

function showLook(ranked: readonly Ranked[], { by }: HalvingSpec, { folder, json }: Place): void {
  const file = join(folder, "look.csv");
  writeCsv(
    file,
    LOOK_COLUMNS,
    ranked.map(({ isBaseline, rank, goesOn, ...one }) => ({
      ...one,
      mean: known(one.mean),
      rank: isBaseline ? null : rank,
      goes_on: goesOn ? "yes" : "no",
    })),
  );
  if (json) return;
  const rows = ranked.map((one) => [
    one.variant,
    one.isBaseline ? "baseline" : String(one.rank),
    meanWords(one, by),
    remarks(one, one.goesOn ? "goes on" : "stopped"),
  ]);
  printRows(["variant", "rank", metricWords(by), ""], rows);
  print(`${file}\n`);
}

function printRows(head: readonly string[], rows: readonly string[][]): void {
  const right = head.slice(1, -1).map((_, index) => index + 1);
  print(`\n${formatTable([...head], rows, { right, width: lineWidth() })}`);
}

function known(mean: number): number | null {
  return Number.isNaN(mean) ? null : mean;
}

function meanWords({ mean }: Measured, by: TuneSpec["by"]): string {
  const { scale, unit, digits } = metricScale(by);
  return Number.isNaN(mean) ? "failed" : `${(mean * scale).toFixed(digits)}${unit}`;
}

function remarks({ mean, failed }: Measured, verdict: string): string {
  const lost = failed > 0 && !Number.isNaN(mean) ? `${failed} failed` : "";
  return [verdict, lost].filter((text) => text !== "").join(", ");
}
