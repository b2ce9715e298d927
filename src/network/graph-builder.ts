// Builds a network graph node by node and keeps track of shapes.

import type { Activation, NetworkSpec, SeSpec } from "../config/experiment-spec.js";
import type { Path } from "../diagnostic.js";
import type { Graph, Node, Op, OpNodes, Shape } from "./graph.js";
import { shapeOf } from "./shapes.js";

type Attributes<Kind extends Op> = Omit<OpNodes[Kind], "op" | "name" | "inputs" | "path">;

type GroupNumbers = { readonly groups: number; readonly epsilon: number };
type GateFunction = SeSpec["gate"];

/** Where a gate, or a list of steps, is added. */
export interface Insertion {
  /** The node after which it is added. */
  readonly input: string;
  /** Its own name, which is the prefix of the names of its nodes. */
  readonly name: string;
  readonly path: Path;
}

/** Where a gate is added. */
export interface GateInsertion extends Insertion {
  /** The node that the block of the gate starts at. */
  readonly block: string;
  /** The activation of the stage around it. */
  readonly activation: Activation;
}

export interface ConvSpec {
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups?: number;
  readonly dilation?: number;
}

export interface Defaults {
  /** Whether convolutions before a BatchNorm have a bias. */
  readonly bias: boolean;
  /** For the convolutions and pools in the stem and the blocks. */
  readonly padding: "same" | "symmetric";
  readonly zeroInit: boolean;
  readonly norm: NetworkSpec["norm"];
  readonly batchNorm: NetworkSpec["batchNorm"];
}

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #shapes = new Map<string, Shape>();

  constructor(private readonly defaults: Defaults) {}

  /** Returns the name of the node, which other nodes use as input. */
  add<Kind extends Op>(
    op: Kind,
    name: string,
    inputs: readonly string[],
    path: Path,
    attributes: Attributes<Kind>,
  ): string {
    const node = Object.freeze({ op, name, inputs, path, ...attributes }) as unknown as Node;
    this.#nodes.push(node);
    this.#shapes.set(
      name,
      shapeOf(
        node,
        inputs.map((input) => this.shape(input)),
      ),
    );
    return name;
  }

  conv(
    input: string,
    name: string,
    path: Path,
    { filters, kernel, stride, groups = 1, dilation = 1 }: ConvSpec,
  ): string {
    const { bias, padding } = this.defaults;
    const shared = { filters, stride, groups, bias, padding, dilation };
    return this.add("conv", name, [input], path, { ...shared, kernel: [kernel, kernel] });
  }

  /** A 1x1 convolution within a gate: fully connected, for each pixel by itself. */
  pointwise(
    input: string,
    name: string,
    path: Path,
    { filters, bias }: { filters: number; bias: boolean },
  ): string {
    const conv = { kernel: [1, 1] as const, stride: 1, groups: 1, padding: "same" as const, dilation: 1 };
    return this.add("conv", name, [input], path, { ...conv, filters, bias });
  }

  /** The network's normalisation; the node is `<name>.bn`, `.gn` or `.ln`. */
  norm(input: string, name: string, path: Path, { zeroInit } = { zeroInit: false }): string {
    const { norm, batchNorm } = this.defaults;
    if (norm === "batch")
      return this.add("batch-norm", `${name}.bn`, [input], path, { ...batchNorm, zeroInit });
    const { type, ...numbers } = norm;
    return type === "group"
      ? this.add("group-norm", `${name}.gn`, [input], path, { ...(numbers as GroupNumbers), zeroInit })
      : this.add("layer-norm", `${name}.ln`, [input], path, { ...numbers, zeroInit });
  }

  /** The last normalisation of a residual branch; with `zeroInit`, the block starts as the identity. */
  lastNorm(input: string, name: string, path: Path): string {
    return this.norm(input, name, path, this.defaults);
  }

  /** The BatchNorm in a gate, whatever normalises elsewhere; the node is `<name>.bn`. */
  gateNorm(input: string, name: string, path: Path): string {
    const { batchNorm } = this.defaults;
    return this.add("batch-norm", `${name}.bn`, [input], path, { ...batchNorm, zeroInit: false });
  }

  convNorm(input: string, name: string, path: Path, spec: ConvSpec): string {
    return this.norm(this.conv(input, name, path, spec), name, path);
  }

  /** A function of single elements; the node is called `<name>.<activation><suffix>`. `none` adds nothing. */
  activate(
    { input, name, path }: Insertion,
    activation: Activation | GateFunction,
    suffix: string | number = "",
  ): string {
    const node = `${name}.${activation}${suffix}`;
    return activation === "none" ? input : this.elementwise(node, input, path, activation);
  }

  elementwise(
    name: string,
    input: string,
    path: Path,
    kind: Exclude<Activation | GateFunction, "none">,
  ): string {
    switch (kind) {
      case "relu":
      case "sigmoid":
      case "tanh":
        return this.add(kind, name, [input], path, {});
      case "hard-sigmoid":
      case "hard-swish":
        return this.add("channel-function", name, [input], path, { kind });
      default:
        return this.add("activation", name, [input], path, { kind });
    }
  }

  normActivate(input: string, name: string, path: Path, activation: Activation): string {
    return this.activate({ input: this.norm(input, name, path), name, path }, activation);
  }

  shape(name: string): Shape {
    const shape = this.#shapes.get(name);
    if (!shape) throw new Error(`no node named ${name}`);
    return shape;
  }

  finish(): Graph {
    return Object.freeze([...this.#nodes]);
  }
}
