// A located value -> a fully explicit experiment, or diagnostics.

import type { Diagnostic } from "../diagnostic.js";
import { checkAcrossFields } from "./check-experiment.js";
import type {
  BatchNorm,
  Head,
  Network,
  Stage,
  StemConv,
  Step,
  Training,
  Experiment as WrittenExperiment,
} from "./experiment-schema.js";
import type {
  Activation,
  AttentionSpec,
  BlockStageSpec,
  DatasetSpec,
  Experiment,
  Explicit,
  NetworkSpec,
  PoolSpec,
  ScheduleSpec,
  StageSpec,
  StemSpec,
  StepSpec,
  TrainingSpec,
} from "./experiment-spec.js";
import { isPreactivation, replacesConv } from "./experiment-spec.js";
import { fillDefaults } from "./fill-defaults.js";
import { withAbsolutePaths } from "./paths.js";
import { mappingsBelow } from "./reach.js";
import { attentionOf, BLOCKS, isBottleneck, milestonesOf } from "./short-forms.js";
import type { LongForm } from "./shorthand.js";
import { isMapping } from "./source.js";
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
  const { dataset, from } = withAbsolutePaths(written, [], directory) as Required<WrittenExperiment>;
  const training = written.training as Explicit<Training>;
  return {
    name: written.name,
    dataset: dataset as DatasetSpec,
    network: {
      stem: normaliseStem(network),
      stages: network.stages.map((stage) => normaliseStage(stage as StageWithDefaults, network)),
      head: {
        ...(network.head as Explicit<Head>),
        // Without a layer before the classifier, there is nothing to activate.
        activation: network.head.hidden === "none" ? "none" : (network.head.activation ?? network.activation),
      },
      bias: network.bias,
      padding: network.padding,
      zeroInit: network.zeroInit,
      dropPath: network.dropPath,
      batchNorm: network.batchNorm as Explicit<BatchNorm>,
      norm: network.norm as NetworkSpec["norm"],
      layerScale: network.layerScale,
      freeze: network.freeze,
    },
    training: { ...(training as TrainingSpec), schedule: scheduleOf(training) },
    from: startOf(from),
    seed: written.seed,
    sourceSeeds: written.sourceSeeds,
  };
}

function startOf(from: Required<WrittenExperiment>["from"]): Experiment["from"] {
  if (from === "none") return from;
  const { run, fingerprint = "any" } = typeof from === "string" ? { run: from } : from;
  return { run, fingerprint };
}

function scheduleOf({ schedule, epochs }: Explicit<Training>): ScheduleSpec {
  return (
    schedule.name === "steps" ? { ...schedule, at: milestonesOf(schedule.at, epochs) } : schedule
  ) as ScheduleSpec;
}

function normaliseStem({ stem, stages, activation }: Explicit<Network>): "none" | StemSpec {
  if (stem === "none") return "none";
  const { convs, filters, kernel = 3, stride = 1, pool } = stem;
  const one = { filters: filters as number, kernel, stride };
  const norm = stem.norm as StemSpec["norm"];
  const isLast = norm === "auto" && stages[0] !== undefined && isPreactivation(stages[0]);
  return {
    convs: (convs ?? [one]) as Explicit<StemConv>[],
    // A pre-activation block begins with what would follow a single convolution.
    activation: isLast && (convs ?? [one]).length === 1 ? "none" : (stem.activation ?? activation),
    norm,
    pool: pool as "off" | PoolSpec,
  };
}

type StageWithDefaults = Stage &
  Required<Pick<Stage, "repeat" | "groups" | "scale" | "projection" | "dropout" | "expansion">>;
type BlockStage = StageWithDefaults & Required<Pick<Stage, "block" | "filters">>;

function normaliseStage(stage: StageWithDefaults, network: Explicit<Network>): StageSpec {
  if (stage.modules === undefined) return normaliseBlocks(stage as BlockStage, network);
  const activation = stage.activation ?? network.activation;
  const modules = withActivation(stage.modules as Step[], activation);
  const isUsed = mappingsBelow(modules, []).some(
    ({ mapping }) => isMapping(mapping.attention) && replacesConv(mapping.attention as AttentionSpec),
  );
  return { modules, repeat: stage.repeat, activation: isUsed ? activation : "none" };
}

/** Steps that can have an activation and name none have that of their stage. */
function withActivation(steps: readonly Step[], activation: Activation): StepSpec[] {
  const inner = (list: readonly Step[] | undefined) => withActivation(list ?? [], activation);
  const own = <Kind extends { activation?: Activation }>(step: Kind) =>
    ({ ...step, activation: step.activation ?? activation }) as Explicit<Kind>;
  return steps.map(({ norm, conv, depthwise, branches, residual, dense, ...step }) => ({
    ...(step as StepSpec),
    ...(norm && { norm: own(norm) }),
    ...(conv && { conv: own(conv) }),
    ...(depthwise && { depthwise: own(depthwise) }),
    ...(dense && { dense: own(dense) }),
    ...(branches && { branches: branches.map(inner) }),
    ...(residual && {
      residual: { ...own(residual), branch: inner(residual.branch), shortcut: inner(residual.shortcut) },
    }),
  }));
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
    scale: stage.scale,
    shortcut: stage.shortcut ?? network.shortcut,
    projection: stage.projection,
    dropout: stage.dropout,
    activation: stage.activation ?? network.activation,
    expansion: stage.expansion,
    attention:
      attention === "off" || stage.r === undefined
        ? attention
        : ({ ...attention, r: stage.r } as AttentionSpec),
  };
}
