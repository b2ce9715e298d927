// Pooling and its gradients.

import type { ConvInfo, Value } from "../graph/kernels.js";
import type { Inputs } from "../graph/recording.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { type PoolArguments, poolInfo, recordPool } from "./conv-recording.js";
import { type Context, imageLayout, type LayoutContext, type Ops } from "./op.js";
import { lowerAveragePoolGradient, lowerMaxPoolGradient, poolAttributes } from "./pool-gradient.js";

export const POOL: Ops<"MaxPool" | "AvgPool" | "MaxPoolGrad" | "AvgPoolGrad"> = {
  MaxPool: { record: recordPool("MaxPool"), layout: poolLayout, lower: lowerPool("MaxPool") },
  /** Averages exclude the padding, as in TensorFlow. */
  AvgPool: { record: recordPool("AvgPool"), layout: poolLayout, lower: lowerPool("AveragePool") },
  MaxPoolGrad: {
    record: (recorder, { dy, input }: Inputs<"dy" | "input">, attributes: PoolArguments) => {
      // tfjs does not pass on the rounding mode, so the number of windows is taken from dy.
      const [, outHeight = 1, outWidth = 1] = dy.shape;
      const info = { ...poolInfo(input.shape, attributes), outHeight, outWidth };
      return recorder.record("MaxPoolGrad", [dy, input], { info }, { shape: input.shape });
    },
    layout: "nchw",
    lower: lowerMaxPoolGradient,
  },
  AvgPoolGrad: {
    record: (recorder, { dy, input }: Inputs<"dy" | "input">, attributes: PoolArguments) => {
      const info = poolInfo(input.shape, attributes);
      return recorder.record("AvgPoolGrad", [dy], { info }, { shape: input.shape });
    },
    layout: "nchw",
    lower: lowerAveragePoolGradient,
  },
};

interface Pool {
  readonly inputs: readonly [Value];
  readonly attributes: { readonly info: ConvInfo };
  readonly outputs: readonly [Value];
}

function poolLayout({ inputs: [x] }: Pool, context: LayoutContext) {
  return imageLayout(context, x);
}

function lowerPool(op: "MaxPool" | "AveragePool"): (context: Context, node: Pool) => void {
  return (context, { inputs: [input], attributes, outputs: [output] }) => {
    const { builder, placement } = context;
    const layout = imageLayout(context, output);
    const x = placement.full(input, layout);
    const domain = layout === "blocked" ? BLOCKED_DOMAIN : "";
    placement.put(output, layout, builder.op(op, [x], poolAttributes(attributes.info), domain));
  };
}
