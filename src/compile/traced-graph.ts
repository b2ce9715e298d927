// The recorded form of a tfjs function: kernels in the order they ran, on values that have shapes but no numbers.

export type DataType = "float32" | "int32" | "bool";

export interface TracedValue {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export interface TracedNode {
  /** tfjs' name of the kernel. */
  readonly kernel: string;
  readonly inputs: readonly TracedValue[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly TracedValue[];
  /** The layer during whose call the kernel ran; of a gradient, the layer of its inputs. */
  readonly layer: string;
}

export interface NamedValue {
  readonly name: string;
  readonly value: TracedValue;
}

export interface TracedGraph {
  /** What is fed in each call, in tfjs' layout (images: batch, height, width, channels). */
  readonly inputs: readonly NamedValue[];
  /** What each call gives back. */
  readonly outputs: readonly NamedValue[];
  /** What lives from call to call: its value before, and after where the function assigned to it. */
  readonly state: readonly {
    readonly name: string;
    readonly before: TracedValue;
    readonly after: TracedValue;
  }[];
  readonly constants: ReadonlyMap<TracedValue, ArrayLike<number>>;
  readonly nodes: readonly TracedNode[];
}

/** A kernel that cannot be compiled, with the layer it came from. */
export class UnsupportedKernelError extends Error {
  override readonly name = "UnsupportedKernelError";

  constructor(
    readonly kernel: string,
    readonly layer: string,
  ) {
    super(
      `the compiled engine has no lowering for the kernel ${kernel}${layer ? ` of layer ${layer}` : ""}; --backend cpu or tensorflow runs it eagerly`,
    );
  }
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
