// The folders of sweeps -> each of their runs that has begun, with all that its tables say, for the formats of other programs.

import { statSync } from "node:fs";
import { join } from "node:path";
import type { RowOf } from "../records/columns.js";
import { runFolder } from "../records/run-folder.js";
import { EPOCH_COLUMNS, RESULT_COLUMNS } from "../records/tables.js";
import { type PlannedRun, readConfig, readSweep, readTable } from "./read-sweep.js";

export interface TrackedRun extends PlannedRun {
  readonly sweep: string;
  /** Its experiment with all defaults filled in; null if it cannot be read. */
  readonly config: unknown;
  readonly epochs: readonly RowOf<typeof EPOCH_COLUMNS>[];
  /** The row of its result; null if it has not finished. */
  readonly outcome: RowOf<typeof RESULT_COLUMNS> | null;
  /** When its tables last changed, in milliseconds since 1970. */
  readonly changed: number;
}

/** Throws InputError if a folder is not the folder of a sweep. */
export function trackedRuns(folders: readonly string[]): TrackedRun[] {
  const sweeps = folders.map(readSweep);
  return sweeps.flatMap(({ name: own, folder, runs }) => {
    // Sweeps with equal names are told apart by their folders.
    const name = sweeps.filter((sweep) => sweep.name === own).length > 1 ? folder : own;
    return runs.flatMap((run): TrackedRun[] => {
      const files = runFolder(join(folder, run.run));
      // Damage is what the report says.
      const damaged: string[] = [];
      const epochs = readTable(files.epochs, EPOCH_COLUMNS, damaged) ?? [];
      const [outcome = null] = readTable(files.result, RESULT_COLUMNS, damaged) ?? [];
      if (epochs.length === 0 && outcome === null) return [];
      const changed = Math.max(...[files.epochs, files.result].map(changeOf));
      return [{ ...run, sweep: name, config: readConfig(files.config, damaged), epochs, outcome, changed }];
    });
  });
}

function changeOf(file: string): number {
  return Math.floor(statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
