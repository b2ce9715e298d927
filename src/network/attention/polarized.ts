// Polarized self-attention (Liu, Liu, Fan, Huang 2021), with h = floor(C / 2). Channels: a = sigmoid(LN(Wz z)), z the sum over the pixels of
// softmax(q . x) Wv x. Pixels: b = sigmoid(k . Uv x), k the softmax over the h channels of the average of Uq x. Parallel: y = a x + b x.
// Sequential: b is computed from a x, and y = b a x. Parameters: 4 C h + 3 C.
// The formulas are the paper's. Its authors' code is another function in each layout: the parallel one has no LN, and takes the softmax over
// the pixels of the product of k and Uv x; the sequential one has two layers instead of Wz, and takes the softmax over the pixels of Uv x.
// The paper does not mention biases; as in that code, these convolutions have none (those of External-Attention-pytorch have).

import type { GraphBuilder, Insertion } from "../graph-builder.js";
import { type Gate, scaledBySigmoid } from "./gate.js";
import { pixelSum } from "./global-context.js";
import { reducedWidth } from "./squeeze-excitation.js";

const EPSILON = 1e-5;

export const polarized: Gate<"polarized"> = (builder, { input, name, path }, { layout }) => {
  const channels = channelsOnly(builder, { input, name: `${name}.channel`, path });
  const parallel = layout === "parallel";
  const pixels = pixelsOnly(builder, { input: parallel ? input : channels, name: `${name}.spatial`, path });
  return parallel ? builder.add("add", `${name}.sum`, [channels, pixels], path, {}) : pixels;
};

function channelsOnly(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const { channels } = builder.shape(input);
  const query = builder.pointwise(input, `${name}.query`, path, { filters: 1, bias: false });
  const value = halved(builder, { input, name: `${name}.value`, path });
  const sum = pixelSum(builder, { input: value, name, path }, query);
  const expand = builder.add("dense", `${name}.expand`, [sum], path, { units: channels, bias: false });
  const norm = { epsilon: EPSILON, zeroInit: false };
  const score = builder.add("layer-norm", `${name}.score`, [expand], path, norm);
  return scaledBySigmoid(builder, { input, name, path }, score);
}

function pixelsOnly(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const query = halved(builder, { input, name: `${name}.query`, path });
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [query], path, {});
  const weights = channelSoftmax(builder, { input: squeeze, name: `${name}.weights`, path });
  const value = halved(builder, { input, name: `${name}.value`, path });
  const weighted = builder.add("scale", `${name}.weighted`, [value, weights], path, {});
  const mean = builder.add("channel-reduce", `${name}.mean`, [weighted], path, { by: "mean" });
  const factor = builder.shape(value).channels;
  const score = builder.add("multiply", `${name}.score`, [mean], path, { factor });
  return scaledBySigmoid(builder, { input, name, path }, score);
}

function halved(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const filters = reducedWidth(builder.shape(input).channels, 2);
  return builder.pointwise(input, name, path, { filters, bias: false });
}

/** The softmax of a vector, as an image of one pixel: the numbers take the place of pixels and go back. */
function channelSoftmax(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const pixel = builder.add("stack", `${name}.pixel`, [input], path, {});
  const turned = builder.add("swap-channels", `${name}.turned`, [pixel], path, { with: "width" });
  const softmax = builder.add("pixel-softmax", `${name}.softmax`, [turned], path, {});
  return builder.add("swap-channels", name, [softmax], path, { with: "width" });
}
