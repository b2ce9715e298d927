// The stages of a sweep before it is trained itself (values are tuned, variants are halved): sweeps of their own, which are trained first.

import { join } from "node:path";
import { stringify } from "yaml";
import { readSource } from "../config/source.js";
import type { FactsOf } from "../experiment/dataset-facts.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { AskedSweep } from "../sweep/load-sweep.js";
import { type Stage, type Staged, staged } from "../sweep/stages.js";
import { hasOtherWork } from "../sweep/work/orders.js";
import { print, printError, printJson } from "./output.js";
import { showOutcome } from "./stage-tables.js";
import { type SweepFlags, trainSweep } from "./train-sweep.js";

interface StageParts {
  readonly file: string;
  readonly flags: SweepFlags;
  readonly engine: EngineOptions;
  readonly factsOf: FactsOf;
}

/**
 * Trains the missing runs of the stages, if there are any. Returns the sweep with what they have decided, or an exit code if they are not
 * over, or have failed.
 */
export async function trainStages(asked: AskedSweep, parts: StageParts): Promise<Staged | number> {
  const { flags, factsOf } = parts;
  const failed = new Map<string, ReadonlySet<string>>();
  for (;;) {
    const found = await staged(asked, { root: flags.runs, factsOf, failed });
    const { pending, lost } = found;
    if (lost.length > 0) {
      const reason = `all runs in which values were tried for ${lost.join(", ")} have failed`;
      if (flags.json) printJson({ name: asked.sweep.name, reason });
      printError(reason);
      return 1;
    }
    if (pending === null || flags.dryRun) return found;
    // Workers elsewhere are training either a stage or what comes after it.
    if (flags.stop && !hasOtherWork(join(flags.runs, pending.sweep.name))) return found;
    const code = await trainStage(pending, { ...parts, asked, failed });
    if (code !== null) return code;
  }
}

/** Returns null if the stage is over, otherwise an exit code. */
async function trainStage(
  stage: Stage,
  {
    file,
    flags,
    engine,
    asked,
    failed: failedIn,
  }: StageParts & { readonly asked: AskedSweep; readonly failed: Map<string, ReadonlySet<string>> },
): Promise<number | null> {
  const { sweep, title } = stage;
  const folder = join(flags.runs, sweep.name);
  if (!flags.json && !flags.stop) print(`${title}: ${sweep.runs.length} runs in ${folder}`);
  const text = `# ${title}; made of ${file}\n${stringify(stage.text(readSource(file).value as object))}`;
  let isOver = false;
  const code = await trainSweep(sweep, {
    ...{ text, flags, engine, warning: null },
    conclude: (_, { finished, failed, interrupted, left }, { isDetached }) => {
      for (const { run, reason } of failed) printError(`failed: ${run.name}: ${reason}`);
      const names = new Set(failed.map(({ run }) => run.name));
      failedIn.set(sweep.name, names);
      const outcome = stage.outcome({ folder, failed: names });
      isOver = outcome !== null;
      if (outcome !== null) showOutcome(outcome, { asked: asked.sweep, folder, json: flags.json });
      const ends = interrupted || left !== null;
      if (isOver && !ends) return 0;
      const words = isDetached
        ? "workers go on with this; run the same command again to follow them, and for what comes after it"
        : "run the same command again to go on";
      if (!flags.json) print(words);
      else
        printJson({
          stage: sweep.name,
          folder,
          runs: sweep.runs.length,
          finished,
          interrupted,
          detached: isDetached,
        });
      return ends ? 130 : 0;
    },
  });
  return isOver && code === 0 ? null : code;
}
