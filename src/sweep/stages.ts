// A sweep whose variants are tuned or halved -> the stage that has to be trained next, and what earlier stages have decided.

import { join } from "node:path";
import { mostEpochs } from "../config/experiment-spec.js";
import { lookSweep, lookText, untilEpoch } from "../config/halving.js";
import type { Sweep } from "../config/sweep.js";
import { tuningSweep, tuningText } from "../config/tuning.js";
import type { FactsOf } from "../experiment/dataset-facts.js";
import { type ExpandedSweep, expandSweep } from "./expand.js";
import { type Ranked, rankedVariants, stoppedWords } from "./halving.js";
import type { AskedSweep } from "./load-sweep.js";
import { looksOf } from "./looks.js";
import type { Read } from "./stage-results.js";
import { chosenOf, type Tried, triedValues } from "./tuned-values.js";

/** A sweep that is trained before another one, so that it can be planned. */
export interface Stage {
  readonly sweep: ExpandedSweep;
  /** What people read before it. */
  readonly title: string;
  /** What a file with it would say, made of what the sweep's own file says. */
  readonly text: (written: object) => object;
  /** What has come of it; null if some run is not over. */
  readonly outcome: (read: Read) => StageOutcome | null;
}

export type StageOutcome =
  | { readonly kind: "tuning"; readonly tried: readonly Tried[] }
  | { readonly kind: "look"; readonly ranked: readonly Ranked[]; readonly epoch: number };

export interface Staged {
  /** With what the stages have decided so far. */
  readonly sweep: Sweep;
  /** The first stage that is not over; null if the sweep itself is next. */
  readonly pending: Stage | null;
  /** Variants of which all runs have failed when they were tuned. */
  readonly lost: readonly string[];
}

interface StageParts {
  /** The folder of all results. */
  readonly root: string;
  readonly factsOf: FactsOf;
  /** The names of runs that have failed in a stage since this process started, by the name of the stage. */
  readonly failed?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Throws InputError and DiagnosticError. */
export async function staged(
  asked: AskedSweep,
  { root, factsOf, failed = new Map() }: StageParts,
): Promise<Staged> {
  const { overrides } = asked;
  let { sweep } = asked;
  const outcomeOf = (stage: Stage) =>
    stage.outcome({
      folder: join(root, stage.sweep.name),
      failed: failed.get(stage.sweep.name) ?? new Set(),
    });
  if (sweep.tune !== null) {
    const stage = await tuningStage(sweep, { overrides, factsOf });
    const outcome = outcomeOf(stage);
    if (outcome?.kind !== "tuning") return { sweep, pending: stage, lost: [] };
    const tuned = chosenOf(outcome.tried);
    const lost = outcome.tried.map(({ variant }) => variant).filter((variant) => !tuned.has(variant));
    if (lost.length > 0) return { sweep, pending: null, lost: [...new Set(lost)] };
    sweep = { ...sweep, tuned };
  }
  const { halving } = sweep;
  if (halving === null) return { sweep, pending: null, lost: [] };
  const whole = await expandSweep(sweep, overrides, factsOf);
  const epochs = mostEpochs((whole.variants[0] as ExpandedSweep["variants"][0]).experiment.training);
  for (const epoch of looksOf(halving, whole.variants)) {
    const stage = await lookStage(sweep, { overrides, factsOf, epoch, epochs });
    const outcome = outcomeOf(stage);
    if (outcome?.kind !== "look") return { sweep, pending: stage, lost: [] };
    const of = outcome.ranked.filter(({ isBaseline }) => !isBaseline).length;
    const metric = halving.by.replace("_", " ");
    const now = outcome.ranked
      .filter(({ goesOn }) => !goesOn)
      .map((one) => [one.variant, stoppedWords(one, { epoch, epochs, of, metric })] as const);
    sweep = { ...sweep, stopped: new Map([...sweep.stopped, ...now]) };
  }
  return { sweep, pending: null, lost: [] };
}

type Expanding = Pick<AskedSweep, "overrides"> & { readonly factsOf: FactsOf };

async function tuningStage(sweep: Sweep, { overrides, factsOf }: Expanding): Promise<Stage> {
  const tune = sweep.tune as NonNullable<Sweep["tune"]>;
  const tuning = await expandSweep(tuningSweep(sweep, tune), overrides, factsOf);
  return {
    sweep: tuning,
    title: "values are tuned first",
    text: (written) => tuningText(written, tune),
    outcome: (read) => {
      const tried = triedValues(tuning, tune, read);
      return tried && { kind: "tuning", tried };
    },
  };
}

/** The variants that have not been stopped so far, up to an epoch. */
async function lookStage(
  sweep: Sweep,
  { overrides, factsOf, epoch, epochs }: Expanding & { readonly epoch: number; readonly epochs: number },
): Promise<Stage> {
  const halving = sweep.halving as NonNullable<Sweep["halving"]>;
  const all = await expandSweep(lookSweep(sweep, halving, epoch), [...overrides, untilEpoch(epoch)], factsOf);
  const isLeft = ({ name }: { readonly name: string }) => !sweep.stopped.has(name);
  const look: ExpandedSweep = {
    ...all,
    variants: all.variants.filter(isLeft),
    runs: all.runs.filter(({ variant }) => isLeft(variant)),
    stopped: new Map(),
  };
  return {
    sweep: look,
    title: `${look.variants.length} variants are looked at after epoch ${epoch} of ${epochs}`,
    text: (written) => lookText(written, halving, sweep, epoch),
    outcome: (read) => {
      const ranked = rankedVariants(look, halving, read);
      return ranked && { kind: "look", ranked, epoch };
    },
  };
}
