// The network graph: a topologically ordered array of plain frozen values, one per node.

import type { Path } from "../diagnostic.js";

/** A vector has the shape 1 x 1 x channels. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * `same`: as in TensorFlow, with the extra zero of an odd number at the end; `symmetric`: (kernel - 1) / 2 rounded down on
 * each side, as in PyTorch models; `valid`: none.
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

/** Activations besides ReLU; `model/activation-layer.ts` defines them. */
export type ActivationKind = "relu6" | "leaky-relu" | "silu" | "gelu";

interface PoolAttributes {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

interface NodeOf<Op extends string> {
  readonly op: Op;
  /** Unique. Weights are named after it, and their names determine their initial values. */
  readonly name: string;
  /** Names of earlier nodes. */
  readonly inputs: readonly string[];
  /** The path in the experiment that this node comes from. */
  readonly path: Path;
  /** Set if its weights are not trained. */
  readonly frozen?: true;
}

export interface OpNodes {
  input: NodeOf<"input"> & { readonly shape: Shape };
  /** 2-D convolution; `kernel` is height and width. */
  conv: NodeOf<"conv"> & {
    readonly filters: number;
    readonly kernel: readonly [number, number];
    readonly stride: number;
    readonly groups: number;
    readonly bias: boolean;
    readonly padding: Padding;
    /** Distance in pixels between the elements of the kernel. */
    readonly dilation: number;
  };
  "batch-norm": NodeOf<"batch-norm"> & {
    readonly epsilon: number;
    readonly momentum: number;
    readonly zeroInit: boolean;
  };
  /** Over the pixels and the channels of each group, with a factor and a shift per channel. */
  "group-norm": NodeOf<"group-norm"> & {
    readonly groups: number;
    readonly epsilon: number;
    readonly zeroInit: boolean;
  };
  /** Over the channels of each pixel, with a factor and a shift per channel. */
  "layer-norm": NodeOf<"layer-norm"> & { readonly epsilon: number; readonly zeroInit: boolean };
  /** A learned factor per channel, which starts at `initial`. */
  "layer-scale": NodeOf<"layer-scale"> & { readonly initial: number };
  relu: NodeOf<"relu">;
  activation: NodeOf<"activation"> & { readonly kind: ActivationKind };
  sigmoid: NodeOf<"sigmoid">;
  tanh: NodeOf<"tanh">;
  "max-pool": NodeOf<"max-pool"> & PoolAttributes;
  /** Averages do not include the padding. */
  "avg-pool": NodeOf<"avg-pool"> & PoolAttributes;
  /** Averages include the padding, which is zero, as by default in PyTorch; symmetric. */
  "padded-avg-pool": NodeOf<"padded-avg-pool"> & Omit<PoolAttributes, "padding">;
  /** Mean over height and width. */
  "global-avg-pool": NodeOf<"global-avg-pool">;
  /** Maximum over height and width. */
  "global-max-pool": NodeOf<"global-max-pool">;
  /** Standard deviation over height and width, unbiased. */
  "global-std-pool": NodeOf<"global-std-pool">;
  /** 1-D convolution across the channels of a vector, without bias and with zero padding. */
  "channel-conv": NodeOf<"channel-conv"> & { readonly kernel: number };
  /** Fully connected layer; the input is a vector. */
  dense: NodeOf<"dense"> & { readonly units: number; readonly bias: boolean };
  /** Each channel of an image fully connected, by itself, to one number: a weight per pixel and channel, no bias. */
  "channel-dense": NodeOf<"channel-dense">;
  /** The first input times the second, which has one factor per channel, per pixel, or both. */
  scale: NodeOf<"scale">;
  /** The first input plus the second, which has one number per channel. */
  shift: NodeOf<"shift">;
  add: NodeOf<"add">;
  /** Mean or maximum over the channels: one number per pixel. */
  "channel-reduce": NodeOf<"channel-reduce"> & { readonly by: "mean" | "max" };
  /** Mean along rows (over the width) or along columns (over the height). */
  "strip-mean": NodeOf<"strip-mean"> & { readonly over: "width" | "height" };
  /** The softmax over all pixels of an image with one channel. */
  "pixel-softmax": NodeOf<"pixel-softmax">;
  /** The coefficient of a frequency of the discrete cosine transform, for each group of channels another frequency. */
  "frequency-pool": NodeOf<"frequency-pool"> & {
    readonly frequencies: readonly (readonly [u: number, v: number])[];
  };
  /** The factors of the branch `index`: the softmax over the columns of an image with one row, one column per branch. */
  "branch-factors": NodeOf<"branch-factors"> & { readonly index: number };
  /** Swaps the channels with the height or the width. */
  "swap-channels": NodeOf<"swap-channels"> & { readonly with: "height" | "width" };
  /** Swaps height and width. */
  "swap-axes": NodeOf<"swap-axes">;
  /** Stacks the inputs along the height. */
  "stack-rows": NodeOf<"stack-rows">;
  /** Repeats the single channel of an image. */
  "repeat-channels": NodeOf<"repeat-channels"> & { readonly channels: number };
  /** Channels `start` to `start + count`. */
  channels: NodeOf<"channels"> & { readonly start: number; readonly count: number };
  /** Rows `start` to `start + count`. */
  rows: NodeOf<"rows"> & { readonly start: number; readonly count: number };
  /** Vectors as the pixels of an image with one row. */
  stack: NodeOf<"stack">;
  /** Functions that keep the shape and are not standard layers; `model/channel-function.ts` defines them. */
  "channel-function": NodeOf<"channel-function"> & { readonly kind: ChannelFunction };
  /** Concatenation along the channels. */
  concat: NodeOf<"concat">;
  /** All pixels and channels as one vector. */
  flatten: NodeOf<"flatten">;
  /** Multiplication by a constant. */
  multiply: NodeOf<"multiply"> & { readonly factor: number };
  /** Interleaves the channels of `groups` groups (Zhang et al. 2017). */
  "channel-shuffle": NodeOf<"channel-shuffle"> & { readonly groups: number };
  /** Keeps every stride-th row and column. */
  subsample: NodeOf<"subsample"> & { readonly stride: number };
  /** Adds zero channels before and after, to a total of `channels`. */
  "pad-channels": NodeOf<"pad-channels"> & { readonly channels: number };
  dropout: NodeOf<"dropout"> & { readonly rate: number };
  /** Replaces whole images by zeros during training, and divides the others by 1 - rate. */
  "drop-path": NodeOf<"drop-path"> & { readonly rate: number };
}

export type Op = keyof OpNodes;
export type Node = OpNodes[Op];
export type Graph = readonly Node[];

/** The nodes without their paths in the experiment: what the network is, wherever it was written. */
export function withoutPaths(graph: Graph) {
  return graph.map(({ path: _, ...node }) => node);
}

/** One function per op; a missing one does not compile. */
export type Fold<Result> = {
  readonly [Kind in Op]: (node: OpNodes[Kind], inputs: readonly Shape[]) => Result;
};

export function applyFold<Result>(fold: Fold<Result>, node: Node, inputs: readonly Shape[]): Result {
  const visit = fold[node.op] as (node: Node, inputs: readonly Shape[]) => Result;
  return visit(node, inputs);
}
