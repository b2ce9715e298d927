// Builds a TensorFlow graph node by node.

import { DATA_TYPES, FLOAT, INT32, type TfAttribute, type TfNode, type TfTensor } from "./graph.js";

export interface NodeOptions {
  /** By default the prefix of the builder, the op and a number. */
  readonly name?: string;
  readonly control?: readonly TfNode[];
}

type Attributes = Readonly<Record<string, TfAttribute>>;

export class TfBuilder {
  readonly nodes: TfNode[] = [];
  readonly #constants = new Map<string, TfTensor>();

  /** `prefix`: of the names of all nodes, such as `program0/`. */
  constructor(private readonly prefix: string) {}

  node(
    op: string,
    inputs: readonly TfTensor[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): TfNode {
    const name = `${this.prefix}${options.name ?? `${op}_${this.nodes.length}`}`;
    const node = { name, op, inputs, control: options.control ?? [], attributes };
    this.nodes.push(node);
    return node;
  }

  /** The first output of a new node. */
  op(
    op: string,
    inputs: readonly TfTensor[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): TfTensor {
    return { node: this.node(op, inputs, attributes, options), index: 0 };
  }

  /** Of numbers that are 32-bit floats: the first output of a new node, whose attribute T says so. */
  floatOp(op: string, inputs: readonly TfTensor[], attributes: Attributes = {}): TfTensor {
    return this.op(op, inputs, { T: FLOAT, ...attributes });
  }

  /**
   * Floats that are fed as 32-bit integers of the same bits: on a GPU, tfjs-node would copy floats there, then back for the session, which
   * copies them there again. `placeholder`: what is fed.
   */
  fedFloats(name: string, shape: readonly number[]): { placeholder: TfTensor; floats: TfTensor } {
    const placeholder = this.op("Placeholder", [], { dtype: INT32, shape: { shape } }, { name });
    return { placeholder, floats: this.op("Bitcast", [placeholder], { T: INT32, type: FLOAT }) };
  }

  /** `values`: all, or one that is repeated. Small constants of equal values are one node. */
  constant(dtype: keyof typeof DATA_TYPES, dims: readonly number[], values: ArrayLike<number>): TfTensor {
    const type = DATA_TYPES[dtype];
    const key = values.length < 64 ? `${dtype} ${dims} ${Array.from(values)}` : null;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known) return known;
    const made = this.op("Const", [], { dtype: { type }, value: { tensor: { type, dims, values } } });
    if (key !== null) this.#constants.set(key, made);
    return made;
  }

  ints(values: readonly number[]): TfTensor {
    return this.constant("int32", [values.length], values);
  }

  scalar(value: number): TfTensor {
    return this.constant("float32", [], [value]);
  }

  reshape(x: TfTensor, dims: readonly number[], dtype: keyof typeof DATA_TYPES = "float32"): TfTensor {
    return this.op("Reshape", [x, this.ints(dims)], {
      T: { type: DATA_TYPES[dtype] },
      Tshape: { type: DATA_TYPES.int32 },
    });
  }
}
