// The state of a run after an epoch <-> its checkpoint files.

import { readTensors, writeTensors } from "../records/safetensors.js";
import type { Backend } from "../runtime/devices.js";
import type { State } from "../runtime/program.js";

export interface Checkpoint {
  readonly state: State;
  /** Number of finished epochs. */
  readonly epoch: number;
  /** Identifies what was trained, regardless of how long (experiment/fingerprint.ts). Other checkpoints cannot be used. */
  readonly trajectory: string;
  /** That of the engine that trained it. */
  readonly backend: Backend;
  /** Checksum of the rows of epochs.csv up to this epoch; empty if it is not needed. */
  readonly rows: string;
}

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Writes weights, optimizer state and moving statistics with their shapes. An existing file is kept as `previous`, if given. */
export function writeCheckpoint(
  file: string,
  { state, epoch, trajectory, backend, rows }: Checkpoint,
  { shapes, previous }: { shapes: Shapes; previous?: string },
): void {
  const tensors = new Map(
    Array.from(state, ([name, values]) => [name, { shape: shapes.get(name) ?? [values.length], values }]),
  );
  writeTensors(file, { tensors, metadata: { epoch: String(epoch), trajectory, backend, rows } }, previous);
}

/** Returns null if there is no checkpoint with this trajectory. Throws DamagedFileError. */
export function readCheckpoint(file: string, trajectory: string): Checkpoint | null {
  const stored = readTensors(file);
  if (!stored || stored.metadata.trajectory !== trajectory) return null;
  return {
    state: new Map(Array.from(stored.tensors, ([name, { values }]) => [name, values])),
    epoch: Number(stored.metadata.epoch),
    trajectory,
    backend: stored.metadata.backend as Backend,
    rows: stored.metadata.rows ?? "",
  };
}

/** Whether a checkpoint contains all state, in the right sizes. */
export function fitsShapes({ state }: Checkpoint, shapes: Shapes): boolean {
  return [...shapes].every(
    ([name, shape]) => state.get(name)?.length === shape.reduce((size, dimension) => size * dimension, 1),
  );
}
