// Builds one ONNX graph, node by node, and encodes it.

import {
  type Attribute,
  type DeclaredNode,
  type DeclaredValue,
  encodeModel,
  FLOAT,
  INT64,
  type Initializer,
} from "./onnx-messages.js";

export interface OnnxNode extends DeclaredNode {
  /** An Add of two blocked tensors of one shape. */
  readonly isBlockedSum?: true;
  /** Of a convolution that could take a bias. */
  readonly outputChannels?: number;
  /** Adds its bias and does nothing else. */
  readonly isShift?: true;
  /** First input, fourth input and output are seen in another shape of as many numbers. */
  readonly view?: View;
}

export interface View {
  readonly inner: readonly number[];
  readonly outer: readonly number[];
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

type NodeParts = Omit<OnnxNode, "origin" | "type" | "inputs" | "outputs">;
type ViewedParts = Pick<OnnxNode, "attributes" | "domain" | "isShift"> & Required<Pick<OnnxNode, "view">>;

/** Blocked (NCHWc) kernels of MLAS. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";
export const MICROSOFT_DOMAIN = "com.microsoft";

const OPSETS = [
  { domain: "", version: 17 },
  { domain: MICROSOFT_DOMAIN, version: 1 },
  { domain: BLOCKED_DOMAIN, version: 1 },
];
const IR_VERSION = 8;

export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  /** Of the nodes added from now on. */
  origin = "";
  readonly #initializers: Initializer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #produced = new Set<string>();
  #count = 0;

  /** Adds a node with one output and gives the output's name. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    domain = "",
  ): string {
    return this.#add(type, inputs, { attributes, domain })[0] as string;
  }

  /** A blocked convolution without a bias. */
  blockedConv(
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    outputChannels: number,
  ): string {
    return this.#add("Conv", inputs, { attributes, domain: BLOCKED_DOMAIN, outputChannels })[0] as string;
  }

  /** The sum of two blocked tensors of one shape. */
  blockedSum(operands: readonly string[]): string {
    return this.#add("Add", operands, { attributes: {}, domain: "", isBlockedSum: true })[0] as string;
  }

  /** Adds a node with several outputs. */
  multi(
    type: string,
    inputs: readonly string[],
    {
      attributes = {},
      domain = "",
      outputs,
    }: { attributes?: Record<string, Attribute>; domain?: string; outputs: number },
  ): string[] {
    return this.#add(type, inputs, { attributes, domain }, outputs);
  }

  /** A node that sees its tensors in another shape: reshapes are put around it when all fusing is done. */
  viewed(type: string, inputs: readonly string[], parts: ViewedParts): string {
    return this.#add(type, inputs, parts)[0] as string;
  }

  /** Whether a node gives the value, rather than an input or a constant. */
  produces(name: string): boolean {
    return this.#produced.has(name);
  }

  #add(type: string, inputs: readonly string[], parts: NodeParts, count = 1): string[] {
    const outputs = Array.from({ length: count }, () => `v${this.#count++}`);
    for (const name of outputs) this.#produced.add(name);
    this.nodes.push({ origin: this.origin, type, inputs, outputs, ...parts });
    return outputs;
  }

  /** A one-dimensional int64 constant. */
  ints(values: readonly number[]): string {
    return this.#constant(
      `i:${values.join()}`,
      [values.length],
      INT64,
      () => new BigInt64Array(values.map(BigInt)),
    );
  }

  /** A float constant without dimensions. */
  scalar(value: number): string {
    return this.floats([value], []);
  }

  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    const key = values.length <= 4096 ? `f:${shape.join("x")}:${Array.from(values).join()}` : null;
    return this.#constant(key, shape, FLOAT, () => Float32Array.from(values));
  }

  /** The shape of a constant, and its numbers where it is one of `ints`; null where the name is not a constant's. */
  constant(
    name: string,
  ): { readonly shape: readonly number[]; readonly ints: readonly number[] | null } | null {
    const found = this.#initializers.find((one) => one.name === name);
    if (!found) return null;
    const { dims, dataType, rawData } = found;
    const ints = dataType === INT64 ? Array.from(new BigInt64Array(rawData.slice().buffer), Number) : null;
    return { shape: dims, ints };
  }

  /** A constant under a name of the caller's. */
  initializer({ name, shape }: OnnxValue, values: Float32Array): void {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.push({ name, dims: shape, dataType: FLOAT, rawData });
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
    if (key !== null) this.#constants.set(key, name);
    return name;
  }

  /**
   * The model as bytes; all inputs and outputs are float32. `nodes` may be rewritten ones of this builder, `metadata`
   * is what the model says of itself.
   */
  encode(
    inputs: readonly DeclaredValue[],
    outputs: readonly DeclaredValue[],
    nodes: readonly OnnxNode[] = this.nodes,
    metadata: Readonly<Record<string, string>> = {},
  ): Uint8Array {
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const domains = new Set(["", ...nodes.map(({ domain }) => domain)]);
    return encodeModel({
      irVersion: IR_VERSION,
      opsets: OPSETS.filter(({ domain }) => domains.has(domain)),
      graphName: "squeezebox",
      nodes,
      initializers: this.#initializers.filter(({ name }) => used.has(name)),
      inputs,
      outputs,
      metadata,
    });
  }
}
