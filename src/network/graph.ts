// The network graph: a topologically ordered array of plain frozen values, one a node.

import type { Path } from "../diagnostic.js";

/** Height, width, channels; a vector is 1 x 1 x channels. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * `same`: as TensorFlow adds zeros, the larger share behind; `symmetric`: (kernel - 1) / 2 rounded down on each side, as
 * PyTorch's models do; `valid`: none.
 */
export type Padding = "same" | "symmetric" | "valid";

export type ChannelFunction =
  | "gct"
  | "simam"
  | "hard-sigmoid"
  | "hard-swish"
  | "plus-one"
  | "factors"
  | "random-factors"
  | "next-image";

interface PoolAttributes {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

interface NodeOf<Op extends string> {
  readonly op: Op;
  /** Unique; weights are named after it, and the initial values of weights follow from their names. */
  readonly name: string;
  /** Names of earlier nodes. */
  readonly inputs: readonly string[];
  /** Where in the experiment this node was asked for. */
  readonly path: Path;
}

export interface OpNodes {
  input: NodeOf<"input"> & { readonly shape: Shape };
  /** 2-D convolution; kernel is height, width. */
  conv: NodeOf<"conv"> & {
    readonly filters: number;
    readonly kernel: readonly [number, number];
    readonly stride: number;
    readonly groups: number;
    readonly bias: boolean;
    readonly padding: Padding;
    /** Pixels from one tap to the next. */
    readonly dilation: number;
  };
  "batch-norm": NodeOf<"batch-norm"> & {
    readonly epsilon: number;
    readonly momentum: number;
    readonly zeroInit: boolean;
  };
  relu: NodeOf<"relu">;
  sigmoid: NodeOf<"sigmoid">;
  tanh: NodeOf<"tanh">;
  "max-pool": NodeOf<"max-pool"> & PoolAttributes;
  /** Averages leave the padding out. */
  "avg-pool": NodeOf<"avg-pool"> & PoolAttributes;
  /** Mean over height and width. */
  "global-avg-pool": NodeOf<"global-avg-pool">;
  /** Maximum over height and width. */
  "global-max-pool": NodeOf<"global-max-pool">;
  /** 1-D convolution across the channels of a vector, without bias, zeros beyond the ends. */
  "channel-conv": NodeOf<"channel-conv"> & { readonly kernel: number };
  /** Fully connected, from a vector. */
  dense: NodeOf<"dense"> & { readonly units: number; readonly bias: boolean };
  /** First input times the second: one factor a channel, a pixel, or both. */
  scale: NodeOf<"scale">;
  add: NodeOf<"add">;
  /** Mean or maximum over channels: one number a pixel. */
  "channel-reduce": NodeOf<"channel-reduce"> & { readonly by: "mean" | "max" };
  /** Mean along rows (over width) or along columns (over height): a strip. */
  "strip-mean": NodeOf<"strip-mean"> & { readonly over: "width" | "height" };
  /** Height and width exchanged. */
  "swap-axes": NodeOf<"swap-axes">;
  /** One strip below the other. */
  "stack-rows": NodeOf<"stack-rows">;
  /** An image of one channel, repeated. */
  "repeat-channels": NodeOf<"repeat-channels"> & { readonly channels: number };
  /** Rows `start` to `start + count`. */
  rows: NodeOf<"rows"> & { readonly start: number; readonly count: number };
  /** Vectors side by side, as the pixels of one row. */
  stack: NodeOf<"stack">;
  /** What is no standard layer and keeps the shape: `model/channel-function.ts` says what each is. */
  "channel-function": NodeOf<"channel-function"> & { readonly kind: ChannelFunction };
  /** Along channels. */
  concat: NodeOf<"concat">;
  /** All pixels and channels as one vector. */
  flatten: NodeOf<"flatten">;
  /** Times a constant. */
  multiply: NodeOf<"multiply"> & { readonly factor: number };
  /** The channels of `groups` groups interleaved (Zhang et al. 2017). */
  "channel-shuffle": NodeOf<"channel-shuffle"> & { readonly groups: number };
  /** Every stride-th row and column. */
  subsample: NodeOf<"subsample"> & { readonly stride: number };
  /** Zero channels before and behind, up to `channels`. */
  "pad-channels": NodeOf<"pad-channels"> & { readonly channels: number };
  dropout: NodeOf<"dropout"> & { readonly rate: number };
}

export type Op = keyof OpNodes;
export type Node = OpNodes[Op];
export type Graph = readonly Node[];

/** One function for every kind of op: a forgotten one does not compile. */
export type Fold<Result> = {
  readonly [Kind in Op]: (node: OpNodes[Kind], inputs: readonly Shape[]) => Result;
};

export function applyFold<Result>(fold: Fold<Result>, node: Node, inputs: readonly Shape[]): Result {
  const visit = fold[node.op] as (node: Node, inputs: readonly Shape[]) => Result;
  return visit(node, inputs);
}
