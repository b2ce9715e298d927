// What is asked of a sweep, and what it tells while it runs.

import type { DataProgress } from "../data/progress.js";
import type { RunState } from "../records/run-status.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { RunProgress } from "../training/run-options.js";
import type { ExpandedSweep } from "./expand.js";
import type { Launcher, Workers } from "./launch/launcher.js";
import type { Run } from "./variant.js";

export interface SweepOptions extends EngineOptions {
  /** The folder of all results. */
  readonly root: string;
  /** The folder of this sweep, inside `root`. */
  readonly folder: string;
  /** The text of the sweep file. */
  readonly text: string;
  readonly launcher: Launcher;
  /** Whether to return once there are workers, instead of following them; for launchers whose workers go on. */
  readonly detach?: boolean;
  readonly tensorboard: boolean;
  /** Whether runs keep what they predict of each test image. */
  readonly predictions: boolean;
  /** The number of threads that load images, for each run. */
  readonly loaders: number;
  readonly signal: AbortSignal;
  readonly watcher: SweepWatcher;
}

export interface SweepWatcher {
  /**
   * Called once, before anything is trained. `known`: runs that had already finished; `skipped`: folders that could not be
   * searched for such runs, and why; `replaced`: the number of runs of other configurations that were set aside; `mayNeedFewer`:
   * whether some of the runs may turn out to be unneeded.
   */
  planned(
    runs: readonly Run[],
    before: {
      readonly known: readonly Run[];
      readonly skipped: readonly string[];
      readonly replaced: number;
      readonly mayNeedFewer: boolean;
    },
  ): void;
  /** Called while a dataset is decoded. */
  preparing(progress: DataProgress): void;
  /** Called about once a second with the workers that there are; null if that is not known. */
  workers?(workers: Workers | null): void;
  /** `after`: the number of epochs that had been finished earlier; `already`: whether it was being trained before the command started. */
  started(run: Run, begun: { readonly after: number; readonly already: boolean }): void;
  progressed(run: Run, progress: RunProgress): void;
  ended(run: Run, state: RunState): void;
  /** Called when a comparison needs no more seeds, with the reason. */
  decided?(variant: string, reason: string): void;
}

export interface SweepEnd {
  readonly finished: number;
  /** The number of runs that are not needed, because everything is decided without them. */
  readonly unneeded: number;
  readonly failed: readonly { readonly run: Run; readonly reason: string }[];
  readonly interrupted: boolean;
  /** The workers that were there last; null if that is not known. */
  readonly workers: Workers | null;
  /** Why it was not followed to its end: another command has stopped its workers, or changed it; null otherwise. */
  readonly left: "stopped" | "changed" | null;
}

/** What it takes to follow runs. */
export interface FollowOptions
  extends Pick<SweepOptions, "folder" | "launcher" | "detach" | "signal" | "watcher"> {
  readonly sweep: ExpandedSweep;
  /** By name of the run; what is found is added. */
  readonly states: Map<string, RunState>;
}
