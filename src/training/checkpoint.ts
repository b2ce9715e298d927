// A run's state after an epoch <-> its checkpoint files.

import { readTensors, writeTensors } from "../records/safetensors.js";
import type { State } from "../runtime/program.js";

export interface Checkpoint {
  readonly state: State;
  /** Epochs finished. */
  readonly epoch: number;
  /** What was being trained, but for how long (network/fingerprint.ts): a checkpoint of something else is of no use. */
  readonly trajectory: string;
  /** Checksum of the rows of epochs.csv up to this epoch; empty where they do not matter. */
  readonly rows: string;
}

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Weights, optimizer state and moving statistics, with their shapes. What stood there before is kept as `previous`. */
export function writeCheckpoint(
  file: string,
  { state, epoch, trajectory, rows }: Checkpoint,
  { shapes, previous }: { shapes: Shapes; previous?: string },
): void {
  const tensors = new Map(
    Array.from(state, ([name, values]) => [name, { shape: shapes.get(name) ?? [values.length], values }]),
  );
  writeTensors(file, { tensors, metadata: { epoch: String(epoch), trajectory, rows } }, previous);
}

/** Null where there is no checkpoint, or one of another run. Throws DamagedFileError. */
export function readCheckpoint(file: string, trajectory: string): Checkpoint | null {
  const stored = readTensors(file);
  if (!stored || stored.metadata.trajectory !== trajectory) return null;
  return {
    state: new Map(Array.from(stored.tensors, ([name, { values }]) => [name, values])),
    epoch: Number(stored.metadata.epoch),
    trajectory,
    rows: stored.metadata.rows ?? "",
  };
}

/** Whether a checkpoint has everything that lives from step to step, in its size. */
export function fitsShapes({ state }: Checkpoint, shapes: Shapes): boolean {
  return [...shapes].every(
    ([name, shape]) => state.get(name)?.length === shape.reduce((size, dimension) => size * dimension, 1),
  );
}
