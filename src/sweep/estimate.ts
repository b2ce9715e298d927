// Estimates how long a run will take from the speed of finished runs.

import { mostEpochs } from "../config/experiment-spec.js";
import { readResult } from "../records/run-folder.js";
import type { Run } from "./variant.js";

export interface Rate {
  /** Multiply-accumulates of the forward pass per second during training. */
  readonly macsPerSecond: number;
  readonly source: string;
}

/** A guess for one core, used if nothing has been measured: forward and backward passes at about 50 GFLOP/s. */
const GUESS = 8e9;

/** The time that a run takes before its first step and after its last. */
const START_SECONDS = 2;
/** Shorter runs say more about their first step than about their speed. */
const LEAST_SECONDS = 5;

export function measuredRate(folders: readonly string[]): Rate {
  const rates = folders.flatMap((folder) => {
    const result = readResult(folder);
    if (!result || result.seconds < LEAST_SECONDS) return [];
    const rate = result.macs * result.images_per_second;
    return rate > 0 ? [rate] : [];
  });
  const median = rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)];
  return median === undefined
    ? { macsPerSecond: GUESS, source: "a guess: no run that is long enough to measure has finished here" }
    : {
        macsPerSecond: median,
        source: `as fast as the ${rates.length} finished ${rates.length === 1 ? "run" : "runs"}`,
      };
}

export function estimateSeconds({ variant, experiment }: Run, macsPerSecond: number): number {
  const images = variant.dataset.trainImages * mostEpochs(experiment.training);
  return START_SECONDS + (variant.complexity.macs * images) / macsPerSecond;
}
