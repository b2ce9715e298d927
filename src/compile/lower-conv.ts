// Convolution and its two gradients -> ONNX.

import { type ConvInfo, isBlockable } from "./layouts.js";
import { lowerWeightGradient } from "./lower-weight-gradient.js";
import { type Context, inputOf, type Lowering, outputOf } from "./lowering.js";
import { BLOCKED_DOMAIN } from "./onnx-builder.js";
import type { TracedNode } from "./traced-graph.js";

export const CONV: Readonly<Record<string, Lowering>> = {
  Conv2D: lowerForward,
  Conv2DBackpropInput: lowerInputGradient,
  Conv2DBackpropFilter: lowerWeightGradient,
};

/** Inputs x, filter (height, width, from, to). */
function lowerForward(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf, block } = context;
  const info = node.attributes.info as ConvInfo;
  const output = outputOf(node);
  const { padInfo: pad, inChannels } = info;
  const filter = placement.full(inputOf(node, 1), "plain");
  const attributes = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
  };
  if (layoutOf(output) === "blocked" && block !== null) {
    // Fewer channels than a block: the kernel reads the image as it is.
    const x = placement.full(inputOf(node, 0), inChannels < block ? "nchw" : "blocked");
    const weights = blockFilter(context, filter, info, "forward");
    placement.put(output, "blocked", builder.op("Conv", [x, weights], attributes, BLOCKED_DOMAIN));
    return;
  }
  const weights = builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const dilations = [info.dilationHeight, info.dilationWidth];
  const x = placement.full(inputOf(node, 0), "nchw");
  placement.put(output, "nchw", builder.op("Conv", [x, weights], { ...attributes, dilations }));
}

/**
 * Inputs dy, filter. A convolution with the kernel turned by 180 degrees and its channels exchanged; a stride of the
 * forward convolution puts zeros between the elements of dy.
 */
function lowerInputGradient(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf } = context;
  const info = node.attributes.info as ConvInfo;
  const output = outputOf(node);
  const filter = placement.full(inputOf(node, 1), "plain");
  const { padInfo: pad, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const strided = strideHeight > 1 || strideWidth > 1;
  if (!strided && info.dilationHeight === 1 && info.dilationWidth === 1) {
    const attributes = {
      kernel_shape: [filterHeight, filterWidth],
      pads: [
        filterHeight - 1 - pad.top,
        filterWidth - 1 - pad.left,
        filterHeight - 1 - pad.bottom,
        filterWidth - 1 - pad.right,
      ],
    };
    const layout = layoutOf(output) === "blocked" ? "blocked" : "nchw";
    const dy = placement.full(inputOf(node, 0), layout);
    const weights =
      layout === "blocked"
        ? blockFilter(context, filter, info, "backward")
        : builder.op("Transpose", [turn(context, filter, info)], { perm: [2, 3, 0, 1] });
    placement.put(
      output,
      layout,
      builder.op("Conv", [dy, weights], attributes, layout === "blocked" ? BLOCKED_DOMAIN : ""),
    );
    return;
  }
  const weights = builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const dy = placement.full(inputOf(node, 0), "nchw");
  const covered = (size: number, stride: number, kernel: number, dilation: number, pads: number) =>
    (size - 1) * stride + (kernel - 1) * dilation + 1 - pads;
  const name = builder.op("ConvTranspose", [dy, weights], {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
    // Rows and columns of the input that no kernel reached.
    output_padding: [
      Math.max(
        0,
        info.inHeight -
          covered(info.outHeight, strideHeight, filterHeight, info.dilationHeight, pad.top + pad.bottom),
      ),
      Math.max(
        0,
        info.inWidth -
          covered(info.outWidth, strideWidth, filterWidth, info.dilationWidth, pad.left + pad.right),
      ),
    ],
  });
  placement.put(output, "nchw", name);
}

/**
 * A filter (height, width, from, to) in the order that the blocked kernels read, declared as to, from, height, width
 * (`backward`: turned, and from and to exchanged). Inside a block: input channels, then output channels.
 */
function blockFilter(
  context: Context,
  filter: string,
  info: ConvInfo,
  direction: "forward" | "backward",
): string {
  const { builder } = context;
  const block = context.block as number;
  const { filterHeight: height, filterWidth: width, inChannels: from, outChannels: to } = info;
  if (!isBlockable(from, to, block)) throw new Error(`${from} to ${to} channels cannot be blocked`);
  if (direction === "backward") {
    const split = builder.op("Reshape", [
      turn(context, filter, info),
      builder.ints([height, width, from / block, block, to / block, block]),
    ]);
    const ordered = builder.op("Transpose", [split], { perm: [2, 4, 0, 1, 5, 3] });
    return builder.op("Reshape", [ordered, builder.ints([from, to, height, width])]);
  }
  const declared = builder.ints([to, from, height, width]);
  if (from < block) {
    const split = builder.op("Reshape", [filter, builder.ints([height, width, from, to / block, block])]);
    return builder.op("Reshape", [builder.op("Transpose", [split], { perm: [3, 2, 0, 1, 4] }), declared]);
  }
  const split = builder.op("Reshape", [
    filter,
    builder.ints([height, width, from / block, block, to / block, block]),
  ]);
  return builder.op("Reshape", [builder.op("Transpose", [split], { perm: [4, 2, 0, 1, 3, 5] }), declared]);
}

function turn({ builder }: Context, filter: string, { filterHeight, filterWidth }: ConvInfo): string {
  if (filterHeight * filterWidth === 1) return filter;
  const [from, to] = [builder.ints([-1, -1]), builder.ints([-65536, -65536])];
  return builder.op("Slice", [filter, from, to, builder.ints([0, 1]), builder.ints([-1, -1])]);
}
