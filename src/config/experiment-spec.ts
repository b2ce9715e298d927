// An experiment in which nothing is optional: what everything behind config/ works on.

import type {
  AttentionGate,
  BatchNorm,
  ConvStep,
  Dataset,
  DenseStep,
  DepthwiseStep,
  Head,
  Optimizer,
  Pool,
  PoolStep,
  Schedule,
  Stage,
  StemConv,
  Training,
} from "./experiment-schema.js";

export type Explicit<T> = T extends unknown ? Required<T> : never;

export type DatasetSpec = Explicit<Dataset>;
export type OptimizerSpec = Explicit<Optimizer>;
export type ScheduleSpec =
  | Exclude<Explicit<Schedule>, { name: "steps" }>
  | (Omit<Extract<Explicit<Schedule>, { name: "steps" }>, "at"> & {
      /** Epochs, ascending. */
      readonly at: readonly number[];
    });
export type AttentionSpec = Explicit<AttentionGate>;
export type SeSpec = Extract<AttentionSpec, { type: "se" }>;
export type PoolSpec = Explicit<Pool>;

/** A stage in its long form: one entry a convolution, everything it inherits written out. */
export interface BlockStageSpec {
  readonly block: NonNullable<Stage["block"]>;
  readonly repeat: number;
  readonly filters: readonly number[];
  readonly kernels: readonly number[];
  readonly strides: readonly number[];
  /** Of the convolutions larger than 1x1. */
  readonly groups: number;
  readonly shortcut: "projection" | "zero-pad";
  /** Before a block's last convolution. */
  readonly dropout: number;
  /** Kernel size of a projection. */
  readonly projection: number;
  readonly attention: "off" | AttentionSpec;
}

/** A stage written out; the steps are repeated as a whole. */
export interface ModuleStageSpec {
  readonly modules: readonly StepSpec[];
  readonly repeat: number;
}

export type StageSpec = BlockStageSpec | ModuleStageSpec;

export function isWrittenOut(stage: StageSpec): stage is ModuleStageSpec {
  return "modules" in stage;
}

/** One key; what it holds is explicit. */
export interface StepSpec {
  readonly conv?: Explicit<ConvStep>;
  readonly depthwise?: Explicit<DepthwiseStep>;
  readonly pool?: Explicit<PoolStep>;
  readonly branches?: readonly (readonly StepSpec[])[];
  readonly residual?: ResidualSpec;
  readonly shuffle?: number;
  /** `off` keeps the place of a gate, so that the steps after it have the names they have with it. */
  readonly attention?: "off" | AttentionSpec;
  readonly relu?: object;
  readonly flatten?: object;
  readonly dense?: Explicit<DenseStep>;
  readonly dropout?: number;
}

export interface ResidualSpec {
  readonly branch: readonly StepSpec[];
  readonly shortcut: readonly StepSpec[];
  readonly scale: number;
  readonly activation: "relu" | "none";
}

export interface StemSpec {
  readonly convs: readonly Explicit<StemConv>[];
  readonly pool: "off" | PoolSpec;
}

export interface NetworkSpec {
  readonly stem: "none" | StemSpec;
  readonly stages: readonly StageSpec[];
  readonly head: Explicit<Head>;
  readonly bias: boolean;
  readonly padding: "same" | "symmetric";
  readonly zeroInit: boolean;
  readonly batchNorm: Explicit<BatchNorm>;
}

export type TrainingSpec = Omit<Explicit<Training>, "optimizer" | "schedule" | "classWeights"> & {
  readonly classWeights: "none" | "balanced" | readonly number[];
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
};

/**
 * An experiment in which nothing is optional. It is itself valid under the schema: written as YAML and read again it
 * gives the same experiment.
 */
export interface Experiment {
  readonly name: string;
  readonly dataset: DatasetSpec;
  readonly network: NetworkSpec;
  readonly training: TrainingSpec;
  readonly seed: number;
}
