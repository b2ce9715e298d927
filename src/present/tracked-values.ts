// What a run says of itself, as the files for other programs have it: what was set, what each epoch and the test measured, and when.

import { createHash } from "node:crypto";
import type { TrackedRun } from "../report/tracked-runs.js";

/** The files for another program, in a folder that it may share with other files. */
export interface TrackedFiles {
  /** Path below the folder -> content. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Whether an entry of the folder comes from reports on the same sweeps, so that other files in it belong to runs that are gone. */
  readonly isOwn: (entry: string) => boolean;
}

export interface TrackedEpoch {
  readonly epoch: number;
  /** When it ended, in milliseconds since 1970. */
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

/** The variant, its axes, its cost and every value of its experiment. */
export function settingsOf({ variant, seed, axes, params, macs, config }: TrackedRun): object {
  return { variant, seed, params, macs, axes, ...(config as object | null) };
}

export function epochsOf(run: TrackedRun): TrackedEpoch[] {
  let time = startOf(run);
  let last = 0;
  return run.epochs.map(({ epoch, seconds, ...row }) => {
    time += Math.round(1000 * (seconds ?? 0));
    last = epoch ?? last + 1;
    return { epoch: last, time, values: numbersIn(row) };
  });
}

/** What the test measured, without the costs, which are settings; nothing if the run has not finished. */
export function resultsOf({ outcome }: TrackedRun): Readonly<Record<string, number>> {
  const { params: _, macs: __, ...results } = outcome ?? {};
  return numbersIn(results);
}

/** When a run started, in milliseconds since 1970: when its tables last changed, less the time that its epochs took. */
export function startOf({ changed, epochs }: TrackedRun): number {
  return changed - Math.round(1000 * epochs.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0));
}

/** SHA-256 as hex digits. The same runs have the same identities in each report. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function numbersIn(row: object): Record<string, number> {
  const isNumber = (entry: [string, unknown]): entry is [string, number] => Number.isFinite(entry[1]);
  return Object.fromEntries(Object.entries(row).filter(isNumber));
}
