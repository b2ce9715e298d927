// An experiment's network -> its graph.

import type { NetworkSpec, SeSpec, StageSpec } from "../config/experiment.js";
import type { Path } from "../diagnostic.js";
import type { Graph, Node, Op, OpNodes, Shape } from "./graph.js";
import { shapeOf } from "./shapes.js";

type Attributes<Kind extends Op> = Omit<OpNodes[Kind], "op" | "name" | "inputs" | "path">;

/** What images the network sees and how many classes it tells apart. */
export interface NetworkInput {
  readonly shape: Shape;
  readonly classes: number;
}

/** Stem, stages, head. The last node is the classifier: logits, no softmax. */
export function buildNetwork(network: NetworkSpec, input: NetworkInput): Graph {
  const builder = new Builder(network);
  let x = builder.add("input", "input", [], ["dataset"], { shape: input.shape });
  x = stem(builder, x, network);
  network.stages.forEach((stage, index) => {
    for (let block = 1; block <= stage.repeat; block++)
      x = residualBlock(builder, x, {
        stage,
        first: block === 1,
        name: `stage${index + 1}.block${block}`,
        path: ["network", "stages", index],
      });
  });
  return head(builder, x, network, input.classes);
}

function stem(builder: Builder, input: string, { stem }: NetworkSpec): string {
  const path: Path = ["network", "stem"];
  const conv = builder.convNorm(input, "stem", path, stem);
  const x = builder.add("relu", "stem.relu", [conv], path, {});
  if (stem.pool === "off") return x;
  const { type, kernel, stride } = stem.pool;
  return builder.add(type === "max" ? "max-pool" : "avg-pool", "stem.pool", [x], [...path, "pool"], {
    kernel,
    stride,
  });
}

interface BlockPlace {
  readonly stage: StageSpec;
  readonly first: boolean;
  readonly name: string;
  readonly path: Path;
}

/** Residual block: (conv, BN, ReLU) but for the last ReLU, [+SE], sum with the shortcut, ReLU. */
function residualBlock(builder: Builder, input: string, { stage, first, name, path }: BlockPlace): string {
  let x = input;
  const strides = first ? stage.strides : stage.strides.map(() => 1);
  stage.filters.forEach((filters, index) => {
    const conv = { filters, kernel: stage.kernels[index] as number, stride: strides[index] as number };
    x = builder.convNorm(x, `${name}.conv${index + 1}`, path, conv);
    if (index < stage.filters.length - 1) x = builder.add("relu", `${name}.relu${index + 1}`, [x], path, {});
  });
  if (stage.se !== "off") x = squeezeExcitation(builder, x, { se: stage.se, name: `${name}.se`, path });
  const shortcut = shortcutOf(builder, input, {
    stage,
    stride: strides.reduce((a, b) => a * b, 1),
    name,
    path,
  });
  const sum = builder.add("add", `${name}.add`, [x, shortcut], path, {});
  return builder.add("relu", `${name}.relu`, [sum], path, {});
}

/** s = sigmoid(W2 relu(W1 mean(x))), W1: C -> max(1, floor(C / r)); gives s x (Hu et al., eq. 2-4). */
function squeezeExcitation(
  builder: Builder,
  input: string,
  { se, name, path }: { se: SeSpec; name: string; path: Path },
): string {
  const { channels } = builder.shape(input);
  const units = Math.max(1, Math.floor(channels / se.r));
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const reduce = builder.add("dense", `${name}.reduce`, [squeeze], path, { units, bias: se.bias });
  const relu = builder.add("relu", `${name}.relu`, [reduce], path, {});
  const expand = builder.add("dense", `${name}.expand`, [relu], path, { units: channels, bias: se.bias });
  const gate = builder.add("sigmoid", `${name}.gate`, [expand], path, {});
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
}

interface ShortcutPlace {
  readonly stage: StageSpec;
  readonly stride: number;
  readonly name: string;
  readonly path: Path;
}

/** Identity where the block keeps size and channels; else a projection or zero padding (He et al. 2015, options B and A). */
function shortcutOf(builder: Builder, input: string, { stage, stride, name, path }: ShortcutPlace): string {
  const { channels } = builder.shape(input);
  const filters = stage.filters.at(-1) as number;
  if (stride === 1 && filters === channels) return input;
  if (stage.shortcut === "projection")
    return builder.convNorm(input, `${name}.shortcut`, path, { filters, kernel: 1, stride });
  const small =
    stride === 1 ? input : builder.add("subsample", `${name}.subsample`, [input], path, { stride });
  return filters === channels
    ? small
    : builder.add("pad-channels", `${name}.pad`, [small], path, { channels: filters });
}

function head(builder: Builder, input: string, { head }: NetworkSpec, classes: number): Graph {
  const path: Path = ["network", "head"];
  let x = builder.add("global-avg-pool", "head.pool", [input], path, {});
  if (head.dropout > 0) x = builder.add("dropout", "head.dropout", [x], path, { rate: head.dropout });
  const units = head.classes === "dataset" ? classes : head.classes;
  builder.add("dense", "head.classifier", [x], path, { units, bias: true });
  return Object.freeze(builder.nodes);
}

class Builder {
  readonly nodes: Node[] = [];
  readonly #shapes = new Map<string, Shape>();

  constructor(private readonly network: NetworkSpec) {}

  add<Kind extends Op>(
    op: Kind,
    name: string,
    inputs: readonly string[],
    path: Path,
    attributes: Attributes<Kind>,
  ): string {
    const node = Object.freeze({ op, name, inputs, path, ...attributes }) as unknown as Node;
    this.nodes.push(node);
    this.#shapes.set(
      name,
      shapeOf(
        node,
        inputs.map((input) => this.shape(input)),
      ),
    );
    return name;
  }

  convNorm(
    input: string,
    name: string,
    path: Path,
    { filters, kernel, stride }: { filters: number; kernel: number; stride: number },
  ): string {
    const conv = this.add("conv", name, [input], path, { filters, kernel, stride, bias: this.network.bias });
    return this.add("batch-norm", `${name}.bn`, [conv], path, this.network.batchNorm);
  }

  shape(name: string): Shape {
    const shape = this.#shapes.get(name);
    if (!shape) throw new Error(`no node named ${name}`);
    return shape;
  }
}
