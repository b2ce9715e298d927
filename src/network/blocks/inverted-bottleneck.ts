// Inverted bottleneck (Sandler et al. 2018): 1x1 convolution to `expansion` times the input's channels, depthwise convolution,
// each with BatchNorm and the activation; 1x1 convolution and BatchNorm without one; the input is added if the shape is the same.
// Without expansion, there is no first convolution. In MobileNetV3, EfficientNet and MnasNet, SE is placed `inner`.

import { expansionOf } from "../../config/experiment-spec.js";
import { attendBranches } from "../attention/attention.js";
import { type Block, branchEnd, gateAt, stridesOf } from "./block.js";

export const invertedBottleneck: Block = (builder, input, block) => {
  const { stage, name, path } = block;
  const { activation } = stage;
  const gated = gateAt(builder, input, block);
  const [filters, kernel, stride] = [stage.filters, stage.kernels, stridesOf(block)].map(
    ([one]) => one as number,
  ) as [number, number, number];
  const { channels } = builder.shape(input);
  const expanded = Math.max(1, Math.round(channels * expansionOf(stage)));
  let x = gated(input, "pre");
  if (expanded !== channels) {
    x = builder.convNorm(x, `${name}.expand`, path, { filters: expanded, kernel: 1, stride: 1 });
    x = builder.activate({ input: x, name: `${name}.expand`, path }, activation);
  }
  const depthwise = { filters: expanded, kernel, stride, groups: expanded };
  const own = { input: x, name: `${name}.depthwise`, path };
  const { attention } = stage;
  x =
    attention !== "off" && attention.type === "sk"
      ? attendBranches(
          builder,
          { ...own, name: `${name}.sk` },
          { conv: { ...depthwise, activation }, spec: attention },
        )
      : builder.activate({ ...own, input: builder.convNorm(x, own.name, path, depthwise) }, activation);
  x = gated(x, "inner");
  if (stage.dropout > 0) x = builder.add("dropout", `${name}.dropout`, [x], path, { rate: stage.dropout });
  x = builder.conv(x, `${name}.project`, path, { filters, kernel: 1, stride: 1 });
  const isAdded = stride === 1 && filters === channels;
  // Without a shortcut, a block that starts as zero would let nothing through.
  const norm = isAdded ? "lastNorm" : "norm";
  x = gated(builder[norm](x, `${name}.project`, path), "standard");
  if (!isAdded) return gated(x, "post");
  const ends = [branchEnd(builder, x, block), gated(input, "identity")];
  return gated(builder.add("add", `${name}.add`, ends, path, {}), "post");
};
