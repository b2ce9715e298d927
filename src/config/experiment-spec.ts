// An experiment in which nothing is optional: the form that everything after config/ works on.

import type {
  AttentionGate,
  BatchNorm,
  ConvStep,
  Cutmix,
  Dataset,
  DenseStep,
  DepthwiseStep,
  Head,
  ImageNorm,
  Mixup,
  Network,
  Optimizer,
  Pool,
  PoolStep,
  Schedule,
  Stage,
  StartingRun,
  StemConv,
  Stop,
  Training,
  Transform,
} from "./experiment-schema.js";
import type { SourceSeeds } from "./random-sources.js";

export type Explicit<T> = T extends unknown ? Required<T> : never;

/** The parameters of each transform. */
export type TransformSpecs = {
  readonly [Name in TransformName]: Explicit<NonNullable<Transform[Name]>>;
};
export type TransformName = keyof Transform;
/** Exactly one of these keys is present. */
export type TransformSpec = Partial<TransformSpecs>;

type WithTransforms<Kind> = Kind extends unknown
  ? Omit<Kind, "transforms"> & {
      readonly transforms: {
        readonly train: readonly TransformSpec[];
        readonly test: readonly TransformSpec[];
      };
    }
  : never;

export type DatasetSpec = WithTransforms<Explicit<Dataset>>;
export type OptimizerSpec = Explicit<Optimizer>;
export type ScheduleSpec =
  | Exclude<Explicit<Schedule>, { name: "steps" }>
  | (Omit<Extract<Explicit<Schedule>, { name: "steps" }>, "at"> & {
      /** In ascending order. */
      readonly at: readonly Milestone[];
    });
/** A number of completed epochs, or of completed steps of the optimizer. */
export type Milestone = number | `${number} steps`;
export type AttentionSpec = Explicit<AttentionGate>;
export type Activation = NonNullable<Network["activation"]>;
/** A gate that replaces a convolution. */
export type BranchGateSpec = Extract<AttentionSpec, { type: "sk" | "split-attention" | "psa" }>;
/** A gate that scales what it is put after. */
export type GateSpec = Exclude<AttentionSpec, BranchGateSpec>;

/** Whether a gate replaces a convolution. */
export function replacesConv(spec: AttentionSpec): spec is BranchGateSpec {
  return !("placement" in spec);
}

export type SeSpec = Extract<AttentionSpec, { type: "se" }>;
export type PoolSpec = Explicit<Pool>;

/** A stage in its long form: one entry per convolution, and all inherited values written out. */
export interface BlockStageSpec {
  readonly block: NonNullable<Stage["block"]>;
  readonly repeat: number;
  readonly filters: readonly number[];
  readonly kernels: readonly number[];
  readonly strides: readonly number[];
  /** Applies to convolutions larger than 1x1. */
  readonly groups: number;
  /** Of Res2Net: the number of parts of the first convolution larger than 1x1. */
  readonly scale: number;
  readonly shortcut: NonNullable<Network["shortcut"]>;
  /** Applies before the last convolution of a block. */
  readonly dropout: number;
  /** Kernel size of projection shortcuts. */
  readonly projection: number;
  readonly activation: Activation;
  /** Of inverted bottlenecks: how many times the channels of the input the depthwise convolution has. */
  readonly expansion: "auto" | number;
  readonly attention: "off" | AttentionSpec;
}

/** How many times the channels of its input the middle of an inverted bottleneck or of a ConvNeXt block has. */
export function expansionOf({ block, expansion }: Pick<BlockStageSpec, "block" | "expansion">): number {
  return expansion === "auto" ? (block === "convnext" ? 4 : 6) : expansion;
}

/** Whether the block begins with normalisation (He et al. 2016). */
export function isPreactivation({ block }: Pick<Stage, "block">): boolean {
  return block?.startsWith("preact-") ?? false;
}

/** A stage written out step by step; `repeat` repeats the whole list. */
export interface ModuleStageSpec {
  readonly modules: readonly StepSpec[];
  readonly repeat: number;
  /** What gates that replace a convolution have after theirs. */
  readonly activation: Activation;
}

export type StageSpec = BlockStageSpec | ModuleStageSpec;

export function isWrittenOut(stage: StageSpec): stage is ModuleStageSpec {
  return "modules" in stage;
}

/** Exactly one of these keys is present; its value is fully explicit. */
export interface StepSpec {
  readonly norm?: { readonly activation: Activation };
  readonly conv?: Explicit<ConvStep>;
  readonly depthwise?: Explicit<DepthwiseStep>;
  readonly pool?: Explicit<PoolStep>;
  readonly branches?: readonly (readonly StepSpec[])[];
  readonly residual?: ResidualSpec;
  readonly shuffle?: number;
  /** `off` is a placeholder, so that the steps after it have the same names with and without the gate. */
  readonly attention?: "off" | AttentionSpec;
  readonly relu?: object;
  readonly activation?: Activation;
  readonly flatten?: object;
  readonly dense?: Explicit<DenseStep>;
  readonly dropout?: number;
}

export interface ResidualSpec {
  readonly branch: readonly StepSpec[];
  readonly shortcut: readonly StepSpec[];
  readonly scale: number;
  readonly dropPath: number;
  readonly activation: Activation;
}

export interface StemSpec {
  readonly convs: readonly Explicit<StemConv>[];
  readonly activation: Activation;
  /** Whether normalisation follows the last convolution even if a pre-activation block comes next. */
  readonly norm: "auto" | "always";
  readonly pool: "off" | PoolSpec;
}

export interface NetworkSpec {
  readonly stem: "none" | StemSpec;
  readonly stages: readonly StageSpec[];
  readonly head: Explicit<Head>;
  readonly bias: boolean;
  readonly padding: "same" | "symmetric";
  readonly zeroInit: boolean;
  /** The rate of stochastic depth of the last block. */
  readonly dropPath: number;
  readonly batchNorm: Explicit<BatchNorm>;
  readonly norm: "batch" | Explicit<ImageNorm>;
  /** The initial factors at the end of residual branches. */
  readonly layerScale: "off" | number;
  /** Names of parts that are not trained, and, after `!`, of parts of these that are. */
  readonly freeze: readonly string[];
}

export type StopSpec = Explicit<Stop>;
export type StartSpec = Explicit<StartingRun>;

export type TrainingSpec = Omit<
  Explicit<Training>,
  "optimizer" | "schedule" | "classWeights" | "mixup" | "cutmix" | "stop"
> & {
  readonly classWeights: "none" | "balanced" | readonly number[];
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly mixup: "off" | Explicit<Mixup>;
  readonly stop: "off" | StopSpec;
  readonly cutmix: "off" | Explicit<Cutmix>;
};

/**
 * An experiment in which nothing is optional. It is itself valid under the schema: writing it as YAML and reading it back
 * returns the same experiment.
 */
export interface Experiment {
  readonly name: string;
  readonly dataset: DatasetSpec;
  readonly network: NetworkSpec;
  readonly training: TrainingSpec;
  /** The run whose weights training starts from. */
  readonly from: "none" | StartSpec;
  readonly seed: number;
  readonly sourceSeeds: SourceSeeds;
}

/** The number of epochs that training has at most. */
export function mostEpochs({ epochs, stop }: Pick<TrainingSpec, "epochs" | "stop">): number {
  return stop === "off" || stop.after === "last" ? epochs : Math.min(stop.after, epochs);
}
