// Lowers y + x number, of which optimizers consist, to ONNX.

import { channelsFirst, imageShape, type NodeOf, sizeOfShape } from "../graph/graph.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import type { Context } from "./op.js";

/** Tensors with fewer numbers than this use plain kernels, because the blocked ones do not pay off. */
const LONG = 1024;

/** Treats the tensor, whatever its axes, as a row of pixels with one block of channels, for one pass of the blocked kernels. */
export function lowerScaledSum(context: Context, node: NodeOf<"ScaledSum">): void {
  const { builder, placement, layoutOf, block } = context;
  const [x, number, y] = node.inputs;
  const [output] = node.outputs;
  const layout = layoutOf(output);
  const one = placement.full(number, "plain");
  const factor = node.attributes.sign === -1 ? builder.op("Neg", [one]) : one;
  const left = placement.full(x, layout);
  const right = placement.full(y, layout);
  const size = sizeOfShape(output.shape);
  if (block === null || size % block !== 0 || size < LONG) {
    placement.put(output, layout, builder.op("Add", [builder.op("Mul", [left, factor]), right]));
    return;
  }
  const outer = layout === "plain" ? output.shape : channelsFirst(imageShape(output.shape));
  const scale = builder.op("Expand", [factor, builder.ints([block, 1, 1, 1])]);
  const result = builder.viewed("Conv", [left, scale, "", right], {
    attributes: { kernel_shape: [1, 1], group: block },
    domain: BLOCKED_DOMAIN,
    view: { inner: [1, block, 1, size / block], outer },
  });
  placement.put(output, layout, result);
}
