// BatchNorm, which is one op in each direction.

import type { TracedGraph } from "../graph/graph.js";
import { makersOf } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { FLOAT, type TfAttribute, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";

export const BATCH_NORM: TfLowerings<"FusedBatchNorm" | "BatchNormTrain" | "BatchNormTrainGradient"> = {
  FusedBatchNorm: (context, { inputs: [x, mean, variance, offset, scale], attributes: { epsilon } }) => {
    const { builder, tensor } = context;
    const inputs = [asImages(context, x), ...[scale, offset, mean, variance].map(tensor)];
    const y = builder.floatOp("FusedBatchNormV3", inputs, settings(epsilon, false));
    return likeInput(context, y, x);
  },
  /** The op returns the unbiased variance; that of the kernel is the biased one. */
  BatchNormTrain: (context, { inputs: [x, gamma, beta], attributes: { epsilon } }) => {
    const { builder, tensor } = context;
    const none = builder.constant("float32", [0], []);
    const node = builder.node(
      "FusedBatchNormV3",
      [asImages(context, x), tensor(gamma), tensor(beta), none, none],
      { T: FLOAT, ...settings(epsilon, true) },
    );
    const count = pixelsOf(x);
    const variance = () => {
      const unbiased = { node, index: 2 };
      return builder.floatOp("Mul", [unbiased, builder.scalar((count - 1) / count)]);
    };
    const scale = () =>
      builder.floatOp("Rsqrt", [builder.floatOp("AddV2", [variance(), builder.scalar(epsilon)])]);
    return [likeInput(context, { node, index: 0 }, x), { node, index: 1 }, scale, variance];
  },
  /** What the op needs besides x are reserves of the forward op, in which devices keep different things. */
  BatchNormTrainGradient: (context, { inputs: [dy, x, gamma, , scale] }) => {
    const { builder, tensor, graph } = context;
    const forward = forwardOf(graph, scale);
    const { node } = tensor(forward.outputs[1]);
    const reserves = [3, 4, 5].map((index): TfTensor => ({ node, index }));
    const gradients = builder.node(
      "FusedBatchNormGradV3",
      [asImages(context, dy), asImages(context, x), tensor(gamma), ...reserves],
      { T: FLOAT, ...settings(forward.attributes.epsilon, true) },
    );
    return [
      likeInput(context, { node: gradients, index: 0 }, x),
      { node: gradients, index: 1 },
      { node: gradients, index: 2 },
    ];
  },
};

function settings(epsilon: number, isTraining: boolean): Readonly<Record<string, TfAttribute>> {
  return {
    U: FLOAT,
    epsilon: { float: epsilon },
    data_format: { text: "NHWC" },
    is_training: { bool: isTraining },
  };
}

function forwardOf(graph: TracedGraph, scale: Value) {
  for (const node of makersOf(graph, "BatchNormTrain").values()) if (node.outputs[2] === scale) return node;
  throw new Error("a gradient of BatchNorm without its forward pass");
}

/** The number of values that each channel is normalised by. */
function pixelsOf({ shape }: Value): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

/** The op takes images only. */
function asImages({ builder, tensor }: TfContext, x: Value): TfTensor {
  if (x.shape.length === 4) return tensor(x);
  return builder.reshape(tensor(x), [pixelsOf(x), 1, 1, x.shape.at(-1) as number]);
}

function likeInput({ builder }: TfContext, y: TfTensor, x: Value): TfTensor {
  return x.shape.length === 4 ? y : builder.reshape(y, x.shape);
}
