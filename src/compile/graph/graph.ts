// The recorded form of a tfjs function: its kernels in the order of execution, on values that have shapes but no numbers.

import type { Products } from "../../runtime/program.js";
import type { KernelName, Kernels, Value } from "./kernels.js";

export interface NodeOf<Name extends KernelName> {
  readonly kernel: Name;
  readonly inputs: Kernels[Name]["inputs"];
  readonly attributes: Kernels[Name]["attributes"];
  readonly outputs: Kernels[Name]["outputs"];
  /** The layer that called the kernel; for a gradient, the layer of its inputs. */
  readonly layer: string;
}

/** A union over the kernels. Comparing `kernel` with a name narrows the types of inputs, attributes and outputs. */
export type TracedNode = { [Name in KernelName]: NodeOf<Name> }[KernelName];

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export interface TracedGraph {
  /** The inputs of each call, in tfjs' layout (images: batch, height, width, channels). */
  readonly inputs: readonly NamedValue[];
  /** The results of each call. */
  readonly outputs: readonly NamedValue[];
  /** What persists between calls. `after` is `before` unless the function assigns to it. */
  readonly state: readonly {
    readonly name: string;
    readonly before: Value;
    readonly after: Value;
  }[];
  readonly constants: ReadonlyMap<Value, ArrayLike<number>>;
  readonly products: Products;
  readonly nodes: readonly TracedNode[];
}

/** A kernel cannot be compiled. Contains the layer that called it. */
export class UnsupportedKernelError extends Error {
  override readonly name = "UnsupportedKernelError";

  constructor(
    readonly kernel: string,
    readonly layer: string,
  ) {
    super(
      `the kernel ${kernel}${layer ? ` of layer ${layer}` : ""} cannot be compiled; use --backend cpu or tensorflow-eager, which run it as it is`,
    );
  }
}

/** First output -> node, for the nodes of one kernel. */
export function makersOf<Name extends KernelName>(
  { nodes }: TracedGraph,
  kernel: Name,
): ReadonlyMap<Value, NodeOf<Name>> {
  const isOne = (node: TracedNode): node is Extract<TracedNode, { kernel: Name }> => node.kernel === kernel;
  return new Map(nodes.filter(isOne).map((node) => [node.outputs[0], node]));
}

/** Every value that a call returns or assigns to the state. */
export function resultsOf({ outputs, state }: TracedGraph): Value[] {
  return [...outputs.map(({ value }) => value), ...state.map(({ after }) => after)];
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}

/** The shape of a batch of images: batch, height, width, channels. */
export type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

export function isImageShape(shape: readonly number[]): shape is ImageShape {
  return shape.length === 4;
}

/** Throws if the shape does not have four axes. */
export function imageShape(shape: readonly number[]): ImageShape {
  if (!isImageShape(shape)) throw new Error(`${shape.join("x")} is not the shape of a batch of images`);
  return shape;
}

/** The shape of the same images with channels first: batch, channels, height, width. */
export function channelsFirst([batch, height, width, channels]: ImageShape) {
  return [batch, channels, height, width] as const;
}
