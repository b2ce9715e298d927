// A located value -> a fully explicit experiment, or diagnostics.

import type { Diagnostic } from "../diagnostic.js";
import { checkAcrossFields } from "./check-experiment.js";
import type {
  BatchNorm,
  Head,
  Network,
  Stage,
  StemConv,
  Training,
  Experiment as WrittenExperiment,
} from "./experiment-schema.js";
import type {
  AttentionSpec,
  BlockStageSpec,
  DatasetSpec,
  Experiment,
  Explicit,
  PoolSpec,
  ScheduleSpec,
  StageSpec,
  StemSpec,
  StepSpec,
  TrainingSpec,
} from "./experiment-spec.js";
import { fillDefaults } from "./fill-defaults.js";
import { withAbsolutePaths } from "./paths.js";
import { attentionOf, BLOCKS, isBottleneck, milestonesOf } from "./short-forms.js";
import type { LongForm } from "./shorthand.js";
import { validateSchema } from "./validate-schema.js";

export * from "./experiment-spec.js";

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Validates and normalises. `directory` is the folder that relative paths of the experiment start at. */
export function checkExperiment(located: LongForm, directory: string): Checked<Experiment> {
  const errors = validateSchema("experiment", located);
  if (errors.length > 0) return { ok: false, diagnostics: errors };
  const filled = fillDefaults("experiment", located.value) as Required<WrittenExperiment>;
  const diagnostics = checkAcrossFields(filled, located);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, value: normalise(filled, directory) };
}

function normalise(written: Required<WrittenExperiment>, directory: string): Experiment {
  const network = written.network as Explicit<Network>;
  const dataset = written.dataset as DatasetSpec;
  const training = written.training as Explicit<Training>;
  return {
    name: written.name,
    dataset: withAbsolutePaths(dataset, ["dataset"], directory) as DatasetSpec,
    network: {
      stem: normaliseStem(network.stem),
      stages: network.stages.map((stage) => normaliseStage(stage as StageWithDefaults, network)),
      head: network.head as Explicit<Head>,
      bias: network.bias,
      padding: network.padding,
      zeroInit: network.zeroInit,
      batchNorm: network.batchNorm as Explicit<BatchNorm>,
    },
    training: { ...(training as TrainingSpec), schedule: scheduleOf(training) },
    seed: written.seed,
    sourceSeeds: written.sourceSeeds,
  };
}

function scheduleOf({ schedule, epochs }: Explicit<Training>): ScheduleSpec {
  return (
    schedule.name === "steps" ? { ...schedule, at: milestonesOf(schedule.at, epochs) } : schedule
  ) as ScheduleSpec;
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
