// Bottleneck attention (Park, Woo, Lee, Kweon 2018): y = x (1 + sigmoid(Mc Ms)); Mc: fully connected, BN, ReLU, fully
// connected; Ms: 1x1, two 3x3 with dilation 4, each with BN and ReLU, then 1x1 to one channel.
// Parameters: 3 C h + 18 h^2 + 13 h + C + 1.

import type { GraphBuilder, Insertion } from "../graph-builder.js";
import type { Gate } from "./gate.js";
import { reducedWidth } from "./squeeze-excitation.js";

const DILATED = { kernel: [3, 3], stride: 1, groups: 1, bias: true, padding: "same", dilation: 4 } as const;

export const bam: Gate<"bam"> = (builder, { input, name, path }, { r }) => {
  const units = reducedWidth(builder.shape(input).channels, r);
  const channels = channelMap(builder, { input, name: `${name}.channel`, path }, units);
  const pixels = pixelMap(builder, { input, name: `${name}.spatial`, path }, units);
  const product = builder.add("scale", `${name}.product`, [pixels, channels], path, {});
  const gate = builder.add("sigmoid", `${name}.gate`, [product], path, {});
  const factors = builder.add("channel-function", `${name}.factors`, [gate], path, { kind: "plus-one" });
  return builder.add("scale", `${name}.scale`, [input, factors], path, {});
};

/** One number per channel, as an image of one pixel because BatchNorm needs images. */
function channelMap(builder: GraphBuilder, { input, name, path }: Insertion, units: number): string {
  const { channels } = builder.shape(input);
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const pixel = builder.add("stack", `${name}.pixel`, [squeeze], path, {});
  const reduce = builder.pointwise(pixel, `${name}.reduce`, path, { filters: units, bias: true });
  const hidden = normRelu(builder, { input: reduce, name: `${name}.reduce`, path });
  return builder.pointwise(hidden, `${name}.expand`, path, { filters: channels, bias: true });
}

/** One number per pixel, repeated for every channel. */
function pixelMap(builder: GraphBuilder, { input, name, path }: Insertion, units: number): string {
  const { channels } = builder.shape(input);
  const first = builder.pointwise(input, `${name}.conv1`, path, { filters: units, bias: true });
  const hidden = [`${name}.conv2`, `${name}.conv3`].reduce(
    (x, own) => {
      const conv = builder.add("conv", own, [x], path, { ...DILATED, filters: units });
      return normRelu(builder, { input: conv, name: own, path });
    },
    normRelu(builder, { input: first, name: `${name}.conv1`, path }),
  );
  const score = builder.pointwise(hidden, `${name}.score`, path, { filters: 1, bias: true });
  return builder.add("repeat-channels", `${name}.repeated`, [score], path, { channels });
}

function normRelu(builder: GraphBuilder, { input, name, path }: Insertion): string {
  return builder.activate({ input: builder.gateNorm(input, name, path), name, path }, "relu");
}
