// A located value -> a fully explicit experiment, or all diagnostics of it.

import { dirname, resolve } from "node:path";
import type { Diagnostic, Path } from "../diagnostic.js";
import type {
  AttentionGate,
  BatchNorm,
  ConvStep,
  Dataset,
  DenseStep,
  DepthwiseStep,
  Head,
  Network,
  Optimizer,
  Pool,
  PoolStep,
  Schedule,
  Stage,
  StemConv,
  Training,
  Experiment as WrittenExperiment,
} from "./experiment-schema.js";
import { fillDefaults, validateSchema } from "./schema.js";
import { isWritten, type Located } from "./source.js";

type Explicit<T> = T extends unknown ? Required<T> : never;

export type DatasetSpec = Explicit<Dataset>;
export type OptimizerSpec = Explicit<Optimizer>;
export type ScheduleSpec = Explicit<Schedule>;
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
  readonly attention?: AttentionSpec;
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

export type TrainingSpec = Omit<Explicit<Training>, "optimizer" | "schedule"> & {
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

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Convolutions of each kind of block: kernel sizes, and filters as multiples of the short form's one number. */
const BLOCKS = {
  basic: { kernels: [3, 3], expansion: [1, 1] },
  bottleneck: { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  "preact-basic": { kernels: [3, 3], expansion: [1, 1] },
  "preact-bottleneck": { kernels: [1, 3, 1], expansion: [1, 1, 4] },
} as const;

/** Validates and normalises. `directory` is the folder that relative paths of the experiment start at. */
export function checkExperiment(located: Located, directory: string): Checked<Experiment> {
  const errors = validateSchema("experiment", located);
  if (errors.length > 0) return { ok: false, diagnostics: errors };
  const filled = fillDefaults("experiment", located.value) as Required<WrittenExperiment>;
  const diagnostics = checkAcrossFields(filled, located);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, value: normalise(filled, directory) };
}

/** Reads a folder's own path out of the file it is named in. */
export function directoryOf(file: string): string {
  return dirname(resolve(file));
}

function normalise(written: Required<WrittenExperiment>, directory: string): Experiment {
  const network = written.network as Explicit<Network>;
  const dataset = written.dataset as DatasetSpec;
  const training = written.training as Explicit<Training>;
  return {
    name: written.name,
    dataset:
      dataset.name === "idx" ? { ...dataset, directory: resolve(directory, dataset.directory) } : dataset,
    network: {
      stem: normaliseStem(network.stem),
      stages: network.stages.map((stage) => normaliseStage(stage as StageWithDefaults, network)),
      head: network.head as Explicit<Head>,
      bias: network.bias,
      padding: network.padding,
      zeroInit: network.zeroInit,
      batchNorm: network.batchNorm as Explicit<BatchNorm>,
    },
    training: {
      ...training,
      optimizer: training.optimizer as OptimizerSpec,
      schedule: training.schedule as ScheduleSpec,
    },
    seed: written.seed,
  };
}

function normaliseStem(stem: Network["stem"]): "none" | StemSpec {
  if (stem === undefined || stem === "none") return "none";
  const { convs, filters, kernel = 3, stride = 1, pool } = stem;
  const one = { filters: filters as number, kernel, stride };
  return { convs: (convs ?? [one]) as Explicit<StemConv>[], pool: pool as "off" | PoolSpec };
}

type StageWithDefaults = Stage & { repeat: number; groups: number; projection: number; dropout: number };
type BlockStage = StageWithDefaults & Required<Pick<Stage, "block" | "filters">>;

function normaliseStage(stage: StageWithDefaults, network: Explicit<Network>): StageSpec {
  return stage.modules !== undefined
    ? { modules: stage.modules as unknown as StepSpec[], repeat: stage.repeat }
    : normaliseBlocks(stage as BlockStage, network);
}

function normaliseBlocks(stage: BlockStage, network: Explicit<Network>): BlockStageSpec {
  const { kernels, expansion } = BLOCKS[stage.block];
  const { filters } = stage;
  const stride = stage.stride ?? 1;
  const strided = isBottleneck(stage) && network.strideIn === "3x3" ? 1 : 0;
  const attention = attentionOf(stage, network);
  return {
    block: stage.block,
    repeat: stage.repeat,
    filters: typeof filters === "number" ? expansion.map((factor) => factor * filters) : filters,
    kernels: stage.kernels ?? [...kernels],
    strides: stage.strides ?? kernels.map((_, index) => (index === strided ? stride : 1)),
    groups: stage.groups,
    shortcut: stage.shortcut ?? network.shortcut,
    projection: stage.projection,
    dropout: stage.dropout,
    attention:
      attention === "off" || stage.r === undefined
        ? attention
        : ({ ...attention, r: stage.r } as AttentionSpec),
  };
}

/** The stage's own gate, else the network's; `se` is short for one of type `se`. */
function attentionOf(stage: Stage, network: Network): "off" | AttentionSpec {
  for (const { attention, se } of [stage, network]) {
    if (attention !== undefined) return attention as "off" | AttentionSpec;
    if (se !== undefined) return se === "off" ? "off" : ({ type: "se", ...se } as SeSpec);
  }
  return "off";
}

function isBottleneck({ block }: Stage): boolean {
  return block === "bottleneck" || block === "preact-bottleneck";
}

function checkAcrossFields(written: Required<WrittenExperiment>, located: Located): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, message: string, path: Path, part: "key" | "value" = "value") =>
    diagnostics.push({ code, message, path, location: located.locate(path, part) });
  const { network } = written;
  const checkOneGate = (path: Path) => {
    if (isWritten(located, [...path, "se"]) && isWritten(located, [...path, "attention"]))
      report(
        "both-given",
        "`se` is short for `attention: { type: se }`: give one of them",
        [...path, "se"],
        "key",
      );
  };
  checkOneGate(["network"]);
  checkStem(network.stem, report);

  network.stages.forEach((stage, index) => {
    const path: Path = ["network", "stages", index];
    if (stage.modules !== undefined || stage.block === undefined || stage.filters === undefined) {
      checkModules(stage, { path, located, report });
      return;
    }
    const length = BLOCKS[stage.block].kernels.length;
    for (const key of ["filters", "kernels", "strides"] as const) {
      const list = stage[key];
      if (Array.isArray(list) && list.length !== length)
        report(
          "wrong-length",
          `a ${stage.block} block has ${length} convolutions; \`${key}\` has ${list.length} entries`,
          [...path, key],
        );
    }
    if (stage.stride !== undefined && stage.strides !== undefined)
      report("both-given", "`stride` is short for `strides`: give one of them", [...path, "stride"], "key");
    const attention = attentionOf(stage, network);
    if (stage.r !== undefined && (attention === "off" || !("r" in attention)))
      report(
        "r-without-se",
        "`r` has no meaning here: this stage has no gate with a reduction",
        [...path, "r"],
        "key",
      );
    for (const key of ["se", "attention"])
      if (stage.r !== undefined && isWritten(located, [...path, key, "r"]))
        report("both-given", `\`r\` is short for \`${key}.r\`: give one of them`, [...path, "r"], "key");
    checkOneGate(path);
  });
  for (const key of ["se", "attention"] as const)
    if (isWritten(located, ["network", key]) && network[key] !== "off" && network.stages.every(hasOwnGate))
      report(
        "unused-key",
        `\`network.${key}\` changes nothing: every stage has a gate of its own`,
        ["network", key],
        "key",
      );
  if (
    isWritten(located, ["network", "strideIn"]) &&
    !network.stages.some((stage) => isBottleneck(stage) && (stage.stride ?? 1) > 1)
  )
    report(
      "unused-key",
      "`strideIn` changes nothing: no bottleneck stage has a `stride`",
      ["network", "strideIn"],
      "key",
    );

  const { schedule, epochs } = written.training as Explicit<Training>;
  if (schedule.name === "steps") {
    const unordered = schedule.at.findIndex(
      (epoch, index) => index > 0 && epoch <= (schedule.at[index - 1] as number),
    );
    if (unordered > 0)
      report("unordered", "epochs of `at` must ascend", ["training", "schedule", "at", unordered]);
    const late = schedule.at.findIndex((epoch) => epoch >= epochs);
    if (late >= 0)
      report("unused-key", `epoch ${schedule.at[late]} is never reached: training ends after ${epochs}`, [
        "training",
        "schedule",
        "at",
        late,
      ]);
  }
  if ((schedule.warmup ?? 0) > epochs)
    report("out-of-range", `the warm-up is longer than the training (${epochs} epochs)`, [
      "training",
      "schedule",
      "warmup",
    ]);
  return diagnostics;
}

type Report = (code: string, message: string, path: Path, part?: "key" | "value") => void;

function hasOwnGate({ se, attention, modules }: Stage): boolean {
  return se !== undefined || attention !== undefined || modules !== undefined;
}

/** A stage is either blocks, which need `block` and `filters`, or `modules` and `repeat` alone. */
function checkModules(
  stage: Stage,
  { path, located, report }: { path: Path; located: Located; report: Report },
): void {
  const missing = (["block", "filters"] as const).filter(
    (key) => stage.modules === undefined && stage[key] === undefined,
  );
  for (const key of missing)
    report(
      "missing-key",
      `\`${path.join(".")}\` lacks the key \`${key}\` (or \`modules\`: written out)`,
      path,
      "key",
    );
  if (stage.modules === undefined) return;
  const own = ["modules", "repeat"];
  for (const key of Object.keys(stage))
    if (!own.includes(key) && isWritten(located, [...path, key]))
      report(
        "both-given",
        `\`${key}\` describes blocks, \`modules\` writes the stage out: give one of them`,
        [...path, key],
        "key",
      );
}

function checkStem(stem: Network["stem"], report: Report): void {
  if (stem === undefined || stem === "none") return;
  const path: Path = ["network", "stem"];
  if (stem.convs === undefined && stem.filters === undefined)
    report(
      "missing-key",
      "`network.stem` lacks `filters` (one convolution) or `convs` (several)",
      path,
      "key",
    );
  for (const key of ["filters", "kernel", "stride"] as const)
    if (stem.convs !== undefined && stem[key] !== undefined)
      report(
        "both-given",
        `\`${key}\` describes one convolution, \`convs\` several: give one of them`,
        [...path, key],
        "key",
      );
}
