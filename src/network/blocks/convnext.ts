// ConvNeXt (Liu et al. 2022): depthwise 7x7 convolution, normalisation, 1x1 convolution to `expansion` times the channels, activation,
// 1x1 convolution back, all with biases; the input is added, without an activation after it. A block that changes the shape is
// preceded by normalisation and a convolution as large as its stride.

import { expansionOf } from "../../config/experiment-spec.js";
import type { GraphBuilder } from "../graph-builder.js";
import { type Block, type BlockParts, branchEnd, gateAt, stridesOf } from "./block.js";

export const convNext: Block = (builder, input, block) => {
  const { stage, name, path } = block;
  const { activation } = stage;
  const start = downsampled(builder, input, block);
  const gated = gateAt(builder, start, block);
  const { channels } = builder.shape(start);
  const [kernel = 7] = stage.kernels;
  let x = gated(start, "pre");
  const depthwise = { ...PLAIN, padding: "same" as const, groups: channels, filters: channels };
  x = builder.add("conv", `${name}.depthwise`, [x], path, { ...depthwise, kernel: [kernel, kernel] });
  x = gated(builder.norm(x, `${name}.depthwise`, path), "inner");
  const filters = Math.max(1, Math.round(channels * expansionOf(stage)));
  x = builder.pointwise(x, `${name}.expand`, path, { filters, bias: true });
  x = builder.activate({ input: x, name: `${name}.expand`, path }, activation);
  if (stage.dropout > 0) x = builder.add("dropout", `${name}.dropout`, [x], path, { rate: stage.dropout });
  x = gated(builder.pointwise(x, `${name}.project`, path, { filters: channels, bias: true }), "standard");
  const ends = [branchEnd(builder, x, block), gated(start, "identity")];
  return gated(builder.add("add", `${name}.add`, ends, path, {}), "post");
};

const PLAIN = { stride: 1, bias: true, dilation: 1 } as const;

function downsampled(builder: GraphBuilder, input: string, block: BlockParts): string {
  const { stage, name, path } = block;
  const [stride, filters] = [stridesOf(block)[0] ?? 1, stage.filters[0] as number];
  if (stride === 1 && filters === builder.shape(input).channels) return input;
  const norm = builder.norm(input, `${name}.downsample`, path);
  const conv = {
    ...PLAIN,
    filters,
    kernel: [stride, stride] as const,
    stride,
    groups: 1,
    padding: "valid" as const,
  };
  return builder.add("conv", `${name}.downsample`, [norm], path, conv);
}
