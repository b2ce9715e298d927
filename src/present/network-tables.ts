// A network's complexity as tables (by stage as in Table 1 of many papers, by layer, two networks side by side) and as a diagram.

import {
  type AttentionSpec,
  type BlockStageSpec,
  expansionOf,
  isPreactivation,
  isWrittenOut,
  type NetworkSpec,
  replacesConv,
  type StageSpec,
  type StepSpec,
} from "../config/experiment.js";
import { formatCount, formatLarge, formatTable } from "../format.js";
import type { Complexity, LayerComplexity } from "../network/complexity.js";
import type { Graph, Shape } from "../network/graph.js";

export interface DescribedNetwork {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly complexity: Complexity;
}

/** One row per part (stem, stages, head): output size, structure, trainable parameters, MACs. `width`: characters per line. */
export function stageTable({ spec, complexity }: DescribedNetwork, width: number): string {
  const rows = partsOf(complexity).map(({ part, output, params, macs }) => [
    part,
    formatShape(output),
    structureOf(part, spec),
    formatCount(params),
    formatCount(macs),
    `${((100 * macs) / complexity.macs).toFixed(1)} %`,
  ]);
  return formatTable(["part", "output", "structure", "parameters", "MACs", "share"], rows, {
    right: [3, 4, 5],
    width,
  });
}

/** One row per layer. `width`: characters per line. */
export function layerTable({ complexity }: DescribedNetwork, width: number): string {
  const rows = complexity.layers.map(({ name, op, output, params, macs }) => [
    name,
    op,
    formatShape(output),
    params.total === 0 ? "" : formatCount(params.total),
    macs === 0 ? "" : formatCount(macs),
  ]);
  return formatTable(["layer", "op", "output", "parameters", "MACs"], rows, { right: [3, 4], width });
}

/** Two networks part by part, with the relative increase from the first to the second. `width`: characters per line. */
export function sideBySide(a: DescribedNetwork, b: DescribedNetwork, width: number): string {
  const [left, right] = [partsOf(a.complexity), partsOf(b.complexity)];
  const names = [...new Set([...left, ...right].map(({ part }) => part))];
  const row = (name: string, first: Part | undefined, second: Part | undefined) => [
    name,
    ...[first, second].map((part) => (part ? formatCount(part.params) : "-")),
    difference(first?.params ?? 0, second?.params ?? 0),
    ...[first, second].map((part) => (part ? formatLarge(part.macs) : "-")),
    difference(first?.macs ?? 0, second?.macs ?? 0),
  ];
  const find = (parts: readonly Part[], name: string) => parts.find(({ part }) => part === name);
  const total = ({ complexity }: DescribedNetwork): Part => ({
    part: "all",
    output: complexity.layers.at(-1)?.output as Shape,
    params: complexity.params.trainable,
    macs: complexity.macs,
  });
  const head = ["part", a.name, b.name, "parameters +", a.name, b.name, "MACs +"];
  const rows = [
    ...names.map((name) => row(name, find(left, name), find(right, name))),
    row("all", total(a), total(b)),
  ];
  return formatTable(head, rows, { right: [1, 2, 3, 4, 5, 6], width });
}

/** A diagram in Mermaid syntax (https://mermaid.js.org). */
export function mermaid(graph: Graph, complexity: Complexity): string {
  const shapes = new Map(complexity.layers.map(({ name, output }) => [name, output]));
  const id = new Map(graph.map(({ name }, index) => [name, `n${index}`]));
  const nodes = graph.map(
    ({ name, op }) => `  ${id.get(name)}["${name}<br/>${op} ${formatShape(shapes.get(name) as Shape)}"]`,
  );
  const edges = graph.flatMap(({ name, inputs }) =>
    inputs.map((input) => `  ${id.get(input)} --> ${id.get(name)}`),
  );
  return ["flowchart TD", ...nodes, ...edges].join("\n");
}

interface Part {
  readonly part: string;
  readonly output: Shape;
  readonly params: number;
  readonly macs: number;
}

/** Groups layers by the first component of their names. */
function partsOf({ layers }: Complexity): Part[] {
  const groups = new Map<string, LayerComplexity[]>();
  for (const layer of layers) {
    const part = layer.name.split(".")[0]?.replace(/^stem\d+$/, "stem") as string;
    groups.set(part, [...(groups.get(part) ?? []), layer]);
  }
  return Array.from(groups, ([part, members]) => ({
    part,
    output: members.at(-1)?.output as Shape,
    params: members.reduce((sum, { params }) => sum + params.trainable, 0),
    macs: members.reduce((sum, { macs }) => sum + macs, 0),
  }));
}

function structureOf(part: string, { stem, stages, head }: NetworkSpec): string {
  const index = /^stage(\d+)$/.exec(part)?.[1];
  if (index !== undefined) return stageStructure(stages[Number(index) - 1] as StageSpec);
  if (part === "head")
    return [
      ...(head.pool === "avg" ? ["average pool"] : []),
      ...(head.norm ? ["norm"] : []),
      ...(head.hidden === "none" ? [] : [`fully connected ${head.hidden}`]),
      ...(head.dropout > 0 ? [`dropout ${head.dropout}`] : []),
      "fully connected",
    ].join(", ");
  if (part !== "stem" || stem === "none") return "";
  const convs = stem.convs.map(
    ({ kernel, filters, stride }) => `${kernel}x${kernel} ${filters}${stride > 1 ? ` /${stride}` : ""}`,
  );
  const pool =
    stem.pool === "off"
      ? []
      : [`${stem.pool.type} pool ${stem.pool.kernel}x${stem.pool.kernel} /${stem.pool.stride}`];
  return [...convs, ...pool].join(", ");
}

/** Such as `4 x [1x1 128, 3x3 128, 1x1 512, SE r = 16]`. */
function stageStructure(stage: StageSpec): string {
  if (!isWrittenOut(stage)) return blockStructure(stage);
  const steps = stage.modules.map(stepWords);
  return `${stage.repeat > 1 ? `${stage.repeat} x ` : ""}[${steps.slice(0, MOST_STEPS).join(", ")}${steps.length > MOST_STEPS ? ", ..." : ""}]`;
}

const MOST_STEPS = 6;

/** Such as `3x3 64`, `3x3 depthwise`, `max pool 3x3`, `2 branches`. */
function stepWords(step: StepSpec): string {
  const { conv, depthwise, pool, branches, residual, attention, dense } = step;
  const size = (kernel: number | readonly number[]) =>
    (typeof kernel === "number" ? [kernel, kernel] : kernel).join("x");
  const by = (stride: number) => (stride > 1 ? ` /${stride}` : "");
  if (conv)
    return `${size(conv.kernel)} ${conv.filters}${conv.groups > 1 ? ` g${conv.groups}` : ""}${by(conv.stride)}`;
  if (depthwise) return `${size(depthwise.kernel)} depthwise${by(depthwise.stride)}`;
  if (pool) return `${pool.type} pool ${size(pool.kernel)}${by(pool.stride)}`;
  if (branches) return `${branches.length} branches`;
  if (residual) return `residual of ${residual.branch.length}`;
  if (attention) return attention === "off" ? "no gate" : gateWords(attention);
  if (dense) return `fully connected ${dense.units}`;
  return Object.keys(step)[0] as string;
}

function blockStructure(stage: BlockStageSpec): string {
  const { repeat, strides, attention } = stage;
  const { words, inner } = convolutions(stage);
  if (attention !== "off") {
    if (replacesConv(attention)) words[inner] = `${gateWords(attention)} ${words[inner]}`;
    else words.splice(attention.placement === "inner" ? inner + 1 : words.length, 0, gateWords(attention));
  }
  const stride = strides.reduce((a, b) => a * b, 1);
  return `${repeat} x [${words.join(", ")}]${stride > 1 ? ` /${stride}` : ""}${isPreactivation(stage) ? ", pre-activation" : ""}`;
}

/** `inner`: the index of the first convolution larger than 1x1. */
function convolutions(stage: BlockStageSpec): { readonly words: string[]; readonly inner: number } {
  const { block, filters, kernels, groups, scale } = stage;
  const expansion = expansionOf(stage);
  const [first, kernel] = [filters[0], kernels[0]];
  const depthwise = `${kernel}x${kernel} depthwise`;
  if (block === "inverted-bottleneck") {
    const expand = expansion === 1 ? [] : [`1x1 times ${expansion}`];
    return { words: [...expand, depthwise, `1x1 ${first}`], inner: expand.length };
  }
  if (block === "convnext") return { words: [depthwise, `1x1 times ${expansion}`, `1x1 ${first}`], inner: 0 };
  const inner = kernels.findIndex((one) => one > 1);
  const words = filters.map((count, index) => {
    const kernel = kernels[index] as number;
    const grouped = kernel > 1 && groups > 1 ? ` g${groups}` : "";
    return `${kernel}x${kernel} ${count}${grouped}${index === inner && scale > 1 ? ` in ${scale} parts` : ""}`;
  });
  return { words, inner };
}

/** Whether a block that changes the shape has a shortcut, whose kind is a choice. */
function hasShortcut({ block }: BlockStageSpec): boolean {
  return block !== "inverted-bottleneck" && block !== "convnext";
}

/** What a table by stage does not show: activations, normalisation and so on. */
export function settingsOf({ stem, stages, norm, dropPath, layerScale, zeroInit }: NetworkSpec): string[] {
  const blocks = stages.filter((stage): stage is BlockStageSpec => !isWrittenOut(stage));
  const names = { group: "GroupNorm", layer: "LayerNorm" };
  return [
    `activation ${activationsIn([stem, stages]).join(" and ") || "none"}`,
    norm === "batch"
      ? "BatchNorm"
      : `${names[norm.type]}${"groups" in norm ? ` in ${norm.groups} groups` : ""}`,
    ...new Set(blocks.filter(hasShortcut).map(({ shortcut }) => `shortcut ${shortcut}`)),
    ...(dropPath > 0 ? [`drop path ${dropPath}`] : []),
    ...(layerScale === "off" ? [] : [`layer scale ${layerScale}`]),
    ...(zeroInit ? ["zero init"] : []),
  ];
}

/** Of stem, blocks and steps, not those within gates. */
function activationsIn(parts: unknown): string[] {
  const found = new Set<string>();
  JSON.stringify(parts, (key, value) => {
    if (key === "activation" && value !== "none") found.add(value);
    return key === "attention" ? undefined : value;
  });
  return [...found];
}

function gateWords(attention: AttentionSpec): string {
  const name = attention.type.length > 4 ? attention.type.replace("-", " ") : attention.type.toUpperCase();
  const isPlaced = "placement" in attention && !["standard", "inner"].includes(attention.placement);
  return `${name}${ratioWords(attention)}${isPlaced ? `, ${attention.placement}` : ""}`;
}

function ratioWords(attention: AttentionSpec): string {
  if ("width" in attention && attention.width !== "ratio") return ` to ${attention.width}`;
  if (!("r" in attention) || (attention.type === "ge" && attention.parameters !== "both")) return "";
  return ` r = ${attention.r}${"of" in attention && attention.of === "block" ? " of the block" : ""}`;
}

function difference(a: number, b: number): string {
  if (a === b) return "";
  return a === 0 ? "new" : `${b > a ? "+" : ""}${((100 * (b - a)) / a).toFixed(2)} %`;
}

function formatShape({ height, width, channels }: Shape): string {
  return `${height}x${width}x${channels}`;
}
