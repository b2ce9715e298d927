// A checked sweep: the form that everything after config/ works on.

import type { Location, Path } from "../diagnostic.js";
import type { LongForm } from "./shorthand.js";
import type { SlurmLauncher as WrittenSlurm, Sweep as WrittenSweep } from "./sweep-schema.js";

export type AxisValue = string | number | boolean;
export type Axes = Readonly<Record<string, readonly AxisValue[]>>;

export interface VariantSpec {
  readonly name: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly grid: Axes;
  readonly zip: Axes;
  readonly match: MatchSpec | null;
}

/** The variant whose cost to match (its name may contain placeholders), and how. */
export interface MatchSpec {
  readonly cost: "params" | "macs";
  readonly target: string;
  readonly by: "width" | "depth";
}

export type Metric = NonNullable<NonNullable<WrittenSweep["compare"]>["metric"]>;

/** A launcher with its defaults filled in. */
export type LauncherSpec = LocalSpec | SlurmSpec;

export interface LocalSpec {
  readonly name: "local";
  readonly workers?: number;
}

export type SlurmSpec = Readonly<
  WrittenSlurm & Required<Pick<WrittenSlurm, "workers" | "cpus" | "gpus" | "setup" | "sbatch" | "resubmit">>
>;

export interface Sweep {
  readonly name: string;
  readonly variants: readonly VariantSpec[];
  readonly seeds: readonly number[];
  readonly launcher: LauncherSpec;
  readonly compare: { readonly baseline: string | null; readonly metric: Metric };
  /** The experiment before any variant's changes, and the folder that its relative paths start at. */
  readonly experiment: LongForm;
  readonly directory: string;
  /** The folder of the sweep file, where relative paths in its variants start. */
  readonly folder: string;
  locate(path: Path, part: "key" | "value"): Location;
}
