// An experiment's network -> its graph.

import {
  type BlockStageSpec,
  isWrittenOut,
  type NetworkSpec,
  type StageSpec,
} from "../config/experiment-spec.js";
import type { Path } from "../diagnostic.js";
import { attend } from "./attention/attention.js";
import { addSteps } from "./build-modules.js";
import type { Graph, Shape } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";

/** The shape of the images and the number of classes. */
export interface NetworkInput {
  readonly shape: Shape;
  readonly classes: number;
}

/** The last node is the classifier. Its outputs are logits; there is no softmax. */
export function buildNetwork(network: NetworkSpec, input: NetworkInput): Graph {
  const builder = new GraphBuilder(network);
  let x = builder.add("input", "input", [], ["dataset"], { shape: input.shape });
  x = stem(builder, x, network);
  network.stages.forEach((stage, index) => {
    x = addStage(builder, x, { stage, name: `stage${index + 1}`, path: ["network", "stages", index] });
  });
  if (isPreactivation(network.stages.at(-1))) x = builder.normRelu(x, "head", ["network", "head"]);
  head(builder, x, network, input.classes);
  return builder.finish();
}

/** Convolutions, each with BatchNorm and ReLU, except the last one before a pre-activation block, which has its own. */
function stem(builder: GraphBuilder, input: string, { stem, stages, padding }: NetworkSpec): string {
  if (stem === "none") return input;
  const path: Path = ["network", "stem"];
  let x = input;
  stem.convs.forEach((conv, index) => {
    const name = stem.convs.length === 1 ? "stem" : `stem${index + 1}`;
    const isLast = index === stem.convs.length - 1;
    x = builder.conv(x, name, path, conv);
    if (!isLast || !isPreactivation(stages[0])) x = builder.normRelu(x, name, path);
  });
  if (stem.pool === "off") return x;
  const { type, kernel, stride } = stem.pool;
  const pool = { kernel, stride, padding };
  return builder.add(type === "max" ? "max-pool" : "avg-pool", "stem.pool", [x], [...path, "pool"], pool);
}

interface StageParts {
  readonly stage: StageSpec;
  readonly name: string;
  readonly path: Path;
}

function addStage(builder: GraphBuilder, input: string, { stage, name, path }: StageParts): string {
  let x = input;
  for (let block = 1; block <= stage.repeat; block++) {
    const own = { name: `${name}.block${block}`, path };
    x = isWrittenOut(stage)
      ? addSteps(builder, { input: x, name: own.name, path: [...path, "modules"] }, stage.modules)
      : residualBlock(builder, x, { stage, first: block === 1, ...own });
  }
  return x;
}

interface BlockParts {
  readonly stage: BlockStageSpec;
  readonly first: boolean;
  readonly name: string;
  readonly path: Path;
}

/**
 * Residual block (He et al. 2015): (conv, BN, ReLU) without the last ReLU, addition of the shortcut, ReLU.
 * Pre-activation (He et al. 2016): (BN, ReLU, conv), addition; a projection shares the first BN and ReLU.
 * `placement` determines the position of the gate (Hu et al., figure 5).
 */
function residualBlock(builder: GraphBuilder, input: string, block: BlockParts): string {
  const { stage, first, name, path } = block;
  const preactivation = isPreactivation(stage);
  const gated = (x: string, placement: string) =>
    stage.attention !== "off" && stage.attention.placement === placement
      ? attend(builder, { input: x, name: `${name}.${gateName(stage)}`, path }, stage.attention)
      : x;
  const strides = first ? stage.strides : stage.strides.map(() => 1);
  const stride = strides.reduce((a, b) => a * b, 1);
  const last = stage.filters.length - 1;
  const inner = stage.kernels.findIndex((kernel) => kernel > 1);
  let x = gated(input, "pre");
  let activated = x;
  stage.filters.forEach((filters, index) => {
    const kernel = stage.kernels[index] as number;
    const conv = { filters, kernel, stride: strides[index] as number, groups: kernel > 1 ? stage.groups : 1 };
    const convName = `${name}.conv${index + 1}`;
    if (preactivation) {
      x = builder.normRelu(x, `${name}.pre${index + 1}`, path);
      if (index === 0) activated = x;
    }
    if (index === last && stage.dropout > 0)
      x = builder.add("dropout", `${name}.dropout`, [x], path, { rate: stage.dropout });
    x = builder.conv(x, convName, path, conv);
    if (!preactivation) {
      const norm = index === last ? "lastNorm" : "norm";
      x = builder[norm](x, `${convName}.bn`, path);
      if (index < last) x = builder.add("relu", `${name}.relu${index + 1}`, [x], path, {});
    }
    if (index === inner) x = gated(x, "inner");
  });
  x = gated(x, "standard");
  const shortcut = gated(shortcutOf(builder, { input, activated, stride, block }), "identity");
  const sum = builder.add("add", `${name}.add`, [x, shortcut], path, {});
  return gated(preactivation ? sum : builder.add("relu", `${name}.relu`, [sum], path, {}), "post");
}

interface ShortcutParts {
  readonly input: string;
  /** In a pre-activation block, the input after the first BatchNorm and ReLU; otherwise the input. */
  readonly activated: string;
  readonly stride: number;
  readonly block: BlockParts;
}

/** The identity if the block keeps the shape; otherwise a projection or zero padding (He et al. 2015, options B and A). */
function shortcutOf(builder: GraphBuilder, { input, activated, stride, block }: ShortcutParts): string {
  const { stage, name, path } = block;
  const { channels } = builder.shape(input);
  const filters = stage.filters.at(-1) as number;
  if (stride === 1 && filters === channels) return input;
  if (stage.shortcut === "projection") {
    const conv = { filters, kernel: stage.projection, stride };
    return isPreactivation(stage)
      ? builder.conv(activated, `${name}.shortcut`, path, conv)
      : builder.convNorm(input, `${name}.shortcut`, path, conv);
  }
  const small =
    stride === 1 ? input : builder.add("subsample", `${name}.subsample`, [input], path, { stride });
  return filters === channels
    ? small
    : builder.add("pad-channels", `${name}.pad`, [small], path, { channels: filters });
}

function head(builder: GraphBuilder, input: string, { head }: NetworkSpec, classes: number): void {
  const path: Path = ["network", "head"];
  let x = head.pool === "avg" ? builder.add("global-avg-pool", "head.pool", [input], path, {}) : input;
  if (head.dropout > 0) x = builder.add("dropout", "head.dropout", [x], path, { rate: head.dropout });
  const units = head.classes === "dataset" ? classes : head.classes;
  builder.add("dense", "head.classifier", [x], path, { units, bias: true });
}

function isPreactivation(stage: StageSpec | undefined): boolean {
  return stage !== undefined && !isWrittenOut(stage) && stage.block.startsWith("preact-");
}

/** Gates of different types have weights with different names; all variants of `se` share the same names. */
function gateName({ attention }: BlockStageSpec): string {
  return attention === "off" ? "" : attention.type;
}
