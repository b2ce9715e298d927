// The tuning of a sweep's variants: a sweep of its own, which is trained first, and what each variant keeps of it.

import { join } from "node:path";
import { stringify } from "yaml";
import { readSource } from "../config/source.js";
import type { Sweep, TuneSpec } from "../config/sweep.js";
import { tuningText } from "../config/tuning.js";
import type { FactsOf } from "../experiment/dataset-facts.js";
import { formatTable } from "../format.js";
import { metricScale, metricWords } from "../present/metric-words.js";
import { endWords } from "../present/tuned-values.js";
import { writeCsv } from "../records/csv.js";
import { TUNING_COLUMNS } from "../records/report-tables.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { AskedSweep } from "../sweep/load-sweep.js";
import {
  chosenAtEnds,
  chosenOf,
  type Tried,
  type Tuned,
  triedValues,
  withTuned,
} from "../sweep/tuned-values.js";
import { hasOtherWork } from "../sweep/work/orders.js";
import { lineWidth, print, printError, wrapped } from "./output.js";
import { type SweepFlags, trainSweep } from "./train-sweep.js";

interface TuneParts {
  readonly file: string;
  readonly flags: SweepFlags;
  readonly engine: EngineOptions;
  readonly factsOf: FactsOf;
}

/**
 * Trains the missing runs of the tuning, if there is any. Returns the sweep with what each variant keeps, or an exit code if the tuning
 * is not over, or has failed.
 */
export async function tuneFirst(
  asked: AskedSweep,
  { file, flags, engine, factsOf }: TuneParts,
): Promise<Tuned | number> {
  const found = await withTuned(asked, { root: flags.runs, factsOf });
  const { pending } = found;
  const { tune } = asked.sweep;
  if (pending === null || tune === null || flags.dryRun) return found;
  const folder = join(flags.runs, pending.name);
  // Workers elsewhere are either tuning or training what comes after it.
  if (flags.stop && !hasOtherWork(folder)) return found;
  if (!flags.json && !flags.stop) print(`values are tuned first, in ${pending.runs.length} runs (${folder})`);
  let tried: readonly Tried[] | null = null;
  const text = `# the tuning of ${file}\n${stringify(tuningText(readSource(file).value as object, tune))}`;
  const code = await trainSweep(pending, {
    ...{ text, flags, engine, warning: null },
    conclude: (_, { failed, interrupted, left }, { isDetached }) => {
      for (const { run, reason } of failed) printError(`failed: ${run.name}: ${reason}`);
      tried = triedValues(pending, tune, { folder, failed: new Set(failed.map(({ run }) => run.name)) });
      if (tried !== null) showTuning(tried, { tune, folder, json: flags.json });
      else if (!flags.json)
        print(
          isDetached
            ? "workers go on tuning; run the same command again to follow them, and to compare the variants after that"
            : "run the same command again to go on tuning",
        );
      return interrupted || left !== null ? 130 : 0;
    },
  });
  return tried === null ? code : afterTuning(asked.sweep, tried);
}

function afterTuning(sweep: Sweep, tried: readonly Tried[]): Tuned | number {
  const tuned = chosenOf(tried);
  const lost = tried.map(({ variant }) => variant).filter((variant) => !tuned.has(variant));
  if (lost.length === 0) return { sweep: { ...sweep, tuned }, pending: null };
  printError(`all runs in which values were tried for ${[...new Set(lost)].join(", ")} have failed`);
  return 1;
}

function showTuning(
  tried: readonly Tried[],
  { tune, folder, json }: { readonly tune: TuneSpec; readonly folder: string; readonly json: boolean },
): void {
  const file = join(folder, "tuning.csv");
  writeCsv(
    file,
    TUNING_COLUMNS,
    tried.map(({ mean, isChosen, ...one }) => ({
      ...one,
      mean: Number.isNaN(mean) ? null : mean,
      chosen: isChosen ? "yes" : "no",
    })),
  );
  if (json) return;
  const { scale, unit, digits } = metricScale(tune.by);
  print("");
  print(
    formatTable(
      ["variant", ...tune.over.map(({ path }) => path.split(".").at(-1) as string), metricWords(tune.by), ""],
      tried.map(({ variant, values, mean, failed, isChosen }) => [
        variant,
        ...tune.over.map(({ path }) => String(values[path])),
        Number.isNaN(mean) ? "failed" : `${(mean * scale).toFixed(digits)}${unit}`,
        [isChosen ? "chosen" : "", failed > 0 && !Number.isNaN(mean) ? `${failed} failed` : ""]
          .filter(Boolean)
          .join(", "),
      ]),
      { right: tune.over.map((_, index) => index + 1), width: lineWidth() },
    ),
  );
  for (const sentence of endWords(chosenAtEnds(tune, chosenOf(tried)))) print(wrapped(sentence));
  print(`${file}\n`);
}
