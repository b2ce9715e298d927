// The recorded form of a tfjs function: kernels in the order they ran, on values that have shapes but no numbers.

import type { KernelName, Kernels, Value } from "./kernels.js";

export interface NodeOf<Name extends KernelName> {
  readonly kernel: Name;
  readonly inputs: Kernels[Name]["inputs"];
  readonly attributes: Kernels[Name]["attributes"];
  readonly outputs: Kernels[Name]["outputs"];
  /** The layer during whose call the kernel ran; of a gradient, the layer of its inputs. */
  readonly layer: string;
}

/** A union over the kernels: comparing `kernel` with a name tells inputs and attributes. */
export type TracedNode = { [Name in KernelName]: NodeOf<Name> }[KernelName];

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export interface TracedGraph {
  /** What each call is fed, in tfjs' layout (images: batch, height, width, channels). */
  readonly inputs: readonly NamedValue[];
  /** What each call returns. */
  readonly outputs: readonly NamedValue[];
  /** What lives from call to call: its value before, and after where the function assigned to it. */
  readonly state: readonly {
    readonly name: string;
    readonly before: Value;
    readonly after: Value;
  }[];
  readonly constants: ReadonlyMap<Value, ArrayLike<number>>;
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

/** The nodes of one kernel by their (first) output. */
export function makersOf<Name extends KernelName>(
  { nodes }: TracedGraph,
  kernel: Name,
): ReadonlyMap<Value, NodeOf<Name>> {
  const isOne = (node: TracedNode): node is Extract<TracedNode, { kernel: Name }> => node.kernel === kernel;
  return new Map(nodes.filter(isOne).map((node) => [node.outputs[0], node]));
}

/** Every value that a call returns or leaves in the state. */
export function resultsOf({ outputs, state }: TracedGraph): Value[] {
  return [...outputs.map(({ value }) => value), ...state.map(({ after }) => after)];
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}

/** Batch, height, width, channels. */
export type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

export function isImageShape(shape: readonly number[]): shape is ImageShape {
  return shape.length === 4;
}

/** Throws for a shape of another number of axes. */
export function imageShape(shape: readonly number[]): ImageShape {
  if (!isImageShape(shape)) throw new Error(`${shape.join("x")} is not the shape of a batch of images`);
  return shape;
}

/** The same images with channels first: batch, channels, height, width. */
export function channelsFirst([batch, height, width, channels]: ImageShape) {
  return [batch, channels, height, width] as const;
}
