// A checked sweep: the form that everything after config/ works on.

import type { Location, Path } from "../diagnostic.js";
import type { AxisValue, Combined } from "./axes.js";
import type { SourceSeeds } from "./random-sources.js";
import type { LongForm } from "./shorthand.js";
import type { SlurmLauncher as WrittenSlurm, Sweep as WrittenSweep } from "./sweep-schema.js";

export interface VariantSpec extends Combined {
  readonly name: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly match: MatchSpec | null;
}

/** The variant whose cost to match (its name may contain placeholders), and how. */
export interface MatchSpec {
  readonly cost: "params" | "macs";
  readonly target: string;
  readonly by: "width" | "depth";
}

/** Where a value that each seed draws comes from. */
export type Distribution =
  | { readonly kind: "uniform" | "log" | "int"; readonly least: number; readonly most: number }
  | { readonly kind: "choice"; readonly values: readonly AxisValue[] };

/** Path in the experiment -> value. */
export type PathValues = Readonly<Record<string, AxisValue>>;

/** A value of training, by its path in the experiment, that each seed draws anew. */
export interface RandomValue {
  readonly path: string;
  readonly from: Distribution;
}

/** Values of training that are chosen for each variant by itself. */
export interface TuneSpec {
  readonly over: readonly TunedPath[];
  readonly by: "validation_error" | "validation_loss";
  /** The seeds of the runs that are only for tuning. */
  readonly seeds: readonly number[];
}

/** After how many epochs only the best variants go on. */
export interface HalvingSpec {
  /** The epoch of the first look; that of each further one is `factor` times as many. */
  readonly first: number;
  /** One in so many variants goes on. */
  readonly factor: number;
  readonly by: "validation_error" | "validation_loss";
  /** The seeds that are looked at. */
  readonly looked: readonly number[];
}

export interface TunedPath {
  readonly path: string;
  /** The name of the axis with the values, where variants are trained with each of them. */
  readonly axis: string;
  readonly values: readonly AxisValue[];
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

/**
 * What is asked of a sweep that chooses the number of its seeds itself, and when that is answered. Sizes are in units of the metric: a
 * share for errors, nats for losses.
 */
export interface Question {
  /** The probability of any wrong answer of one kind. */
  readonly alpha: number;
  /** Differences up to this size are as good as none; null if only 0 is. */
  readonly margin: number | null;
  /** Whether an answer is wanted: that a variant differs from the baseline or, within the margin, equals it. */
  readonly decided: boolean;
  /** The largest half of an interval's width; null if any width will do. */
  readonly width: number | null;
  readonly atLeast: number;
  readonly atMost: number;
}

export interface CompareSpec {
  readonly baseline: string | null;
  readonly metric: Metric;
  readonly alpha: number;
}

export interface Sweep {
  readonly name: string;
  readonly variants: readonly VariantSpec[];
  /** All that may be needed. */
  readonly seeds: readonly number[];
  /** Sources of chance that are the same for all seeds, with their seed. */
  readonly fixed: SourceSeeds;
  /** Whether each seed also divides the images in another way. */
  readonly variesSplit: boolean;
  /** What each seed draws, the same for all variants. */
  readonly random: readonly RandomValue[];
  /** Null if nothing is tuned. */
  readonly tune: TuneSpec | null;
  /** What has been chosen for each variant, by its name; empty before that. */
  readonly tuned: ReadonlyMap<string, PathValues>;
  /** Null if all variants are trained to the end. */
  readonly halving: HalvingSpec | null;
  /** Why variants are not trained to the end, by their names. */
  readonly stopped: ReadonlyMap<string, string>;
  /** Null if all seeds are needed. */
  readonly question: Question | null;
  /** The difference that is expected, in standard deviations of the paired differences; null if nothing is. */
  readonly effect: number | null;
  readonly launcher: LauncherSpec;
  readonly compare: CompareSpec;
  /** The experiment before any variant's changes, and the folder that its relative paths start at. */
  readonly experiment: LongForm;
  readonly directory: string;
  /** The folder of the sweep file, where relative paths in its variants start. */
  readonly folder: string;
  locate(path: Path, part: "key" | "value"): Location;
}
