// Builds an ONNX graph node by node and encodes it.

import { BLOCKED_DOMAIN, MICROSOFT_DOMAIN, type OnnxNode, type OnnxValue } from "./graph.js";
import {
  type Attribute,
  type DeclaredGraph,
  type DeclaredNode,
  type DeclaredValue,
  encodeModel,
  FLOAT,
  INT64,
  type Initializer,
} from "./messages.js";

type Attributes = Readonly<Record<string, Attribute>>;
type NodeParts = Omit<OnnxNode, "origin" | "type" | "inputs" | "outputs">;
type ViewedParts = Pick<OnnxNode, "attributes" | "domain" | "isShift"> & Required<Pick<OnnxNode, "view">>;

interface Constant {
  readonly shape: readonly number[];
  readonly ints: readonly number[] | null;
}

const OPSETS = [
  { domain: "", version: 17 },
  { domain: MICROSOFT_DOMAIN, version: 1 },
  { domain: BLOCKED_DOMAIN, version: 1 },
];
const IR_VERSION = 8;

export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  /** The origin of the nodes that are added from now on. */
  origin = "";
  readonly #initializers: Initializer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #known = new Map<string, Constant>();
  readonly #produced = new Set<string>();
  #count = 0;

  /** Adds a node with one output and returns the output's name. */
  op(type: string, inputs: readonly string[], attributes: Attributes = {}, domain = ""): string {
    return this.#add(type, inputs, { attributes, domain });
  }

  /** Adds a blocked convolution without a bias and returns the output's name. */
  blockedConv(inputs: readonly string[], attributes: Attributes, outputChannels: number): string {
    return this.#add("Conv", inputs, { attributes, domain: BLOCKED_DOMAIN, outputChannels });
  }

  /** Adds the sum of two blocked tensors of the same shape and returns the output's name. */
  blockedSum(operands: readonly string[]): string {
    return this.#add("Add", operands, { attributes: {}, domain: "", isBlockedSum: true });
  }

  /** Adds a node that cuts numbers off below and above two limits and returns the output's name. */
  clip(x: string, limits: readonly [min: number, max: number]): string {
    const inputs = [x, ...limits.map((limit) => this.scalar(limit))];
    return this.#add("Clip", inputs, { attributes: {}, domain: "", limits });
  }

  /** Adds a node that works on its tensors in another shape. The pass expand-views adds the reshapes after fusion. */
  viewed(type: string, inputs: readonly string[], parts: ViewedParts): string {
    return this.#add(type, inputs, parts);
  }

  /** Adds a node with several outputs and returns their names. */
  several(type: string, inputs: readonly string[], attributes: Attributes, count: number): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.#newName()) as [string, ...string[]];
    this.nodes.push({ origin: this.origin, type, domain: "", inputs, outputs, attributes });
    return outputs;
  }

  /** Whether the value is the output of a node, not an input or a constant. */
  produces(name: string): boolean {
    return this.#produced.has(name);
  }

  #add(type: string, inputs: readonly string[], parts: NodeParts): string {
    const output = this.#newName();
    this.nodes.push({ origin: this.origin, type, inputs, outputs: [output], ...parts });
    return output;
  }

  #newName(): string {
    const name = `v${this.#count++}`;
    this.#produced.add(name);
    return name;
  }

  /** A one-dimensional int64 constant. */
  ints(values: readonly number[]): string {
    const data = () => new BigInt64Array(values.map(BigInt));
    const name = this.#constant(`i:${values.join()}`, [values.length], INT64, data);
    this.#known.set(name, { shape: [values.length], ints: values });
    return name;
  }

  /** A zero-dimensional float constant. */
  scalar(value: number): string {
    return this.floats([value], []);
  }

  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    const key = values.length <= 4096 ? `f:${shape.join("x")}:${Array.from(values).join()}` : null;
    return this.#constant(key, shape, FLOAT, () => Float32Array.from(values));
  }

  /** The shape of a constant and, if it was made with `ints`, its numbers; null if there is no constant of this name. */
  constant(name: string): Constant | null {
    return this.#known.get(name) ?? null;
  }

  /** Adds a constant with a given name. */
  initializer({ name, shape }: OnnxValue, values: Float32Array): void {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.push({ name, dims: shape, dataType: FLOAT, rawData });
    this.#known.set(name, { shape, ints: null });
  }

  #constant(
    key: string | null,
    shape: readonly number[],
    dataType: number,
    data: () => Float32Array | BigInt64Array,
  ): string {
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `c${this.#count++}`;
    const { buffer } = data();
    this.#initializers.push({ name, dims: shape, dataType, rawData: new Uint8Array(buffer) });
    this.#known.set(name, { shape, ints: null });
    if (key !== null) this.#constants.set(key, name);
    return name;
  }

  /** Encodes the model. */
  encode({ metadata = {}, ...parts }: ModelParts): Uint8Array {
    const graph = this.graph(parts);
    const domains = new Set(["", ...domainsOf(graph)]);
    const opsets = OPSETS.filter(({ domain }) => domains.has(domain));
    return encodeModel({ irVersion: IR_VERSION, opsets, ...graph, metadata });
  }

  /** The nodes with the constants that they use. `nodes` replaces the builder's nodes after passes have rewritten them. */
  graph({ inputs, outputs, nodes = this.nodes }: GraphParts): DeclaredGraph {
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const initializers = this.#initializers.filter(({ name }) => used.has(name));
    return { graphName: "squeezebox", nodes, initializers, inputs, outputs };
  }
}

/** The domains of the nodes of a graph and of graphs inside them. */
function domainsOf({ nodes }: DeclaredGraph): string[] {
  return nodes.flatMap(({ domain, attributes }) => [
    domain,
    ...Object.values(attributes).flatMap((value) =>
      typeof value === "object" && "nodes" in value ? domainsOf(value) : [],
    ),
  ]);
}

interface GraphParts {
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly nodes?: readonly DeclaredNode[];
}

export interface ModelParts extends GraphParts {
  /** Metadata of the model, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}
