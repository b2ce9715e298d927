// Global context (Cao, Xu, Lin, Wei, Hu 2019): z, the sum over the pixels of softmax(w . x + b) x; t = W2 relu(LN(W1 z)); y = x + t, or
// x sigmoid(t). Parameters, with h = max(1, floor(C / r)): C + 1 for the weights of the pixels, and 2 C h + 3 h + C.

import type { GraphBuilder, Insertion } from "../graph-builder.js";
import { type Gate, scaledBySigmoid } from "./gate.js";
import { reducedWidth } from "./squeeze-excitation.js";

const EPSILON = 1e-5;

export const globalContext: Gate<"gc"> = (builder, { input, name, path }, { r, fuse }) => {
  const { channels } = builder.shape(input);
  const score = builder.pointwise(input, `${name}.score`, path, { filters: 1, bias: true });
  const context = pixelSum(builder, { input, name, path }, score);
  const units = reducedWidth(channels, r);
  const reduce = builder.add("dense", `${name}.reduce`, [context], path, { units, bias: true });
  const normed = builder.add("layer-norm", `${name}.reduce.ln`, [reduce], path, {
    epsilon: EPSILON,
    zeroInit: false,
  });
  const hidden = builder.activate({ input: normed, name, path }, "relu");
  const expand = builder.add("dense", `${name}.expand`, [hidden], path, { units: channels, bias: true });
  if (fuse === "add") return builder.add("shift", `${name}.shift`, [input, expand], path, {});
  return scaledBySigmoid(builder, { input, name, path }, expand);
};

/** The sum over the pixels of `input`, weighted by the softmax over the pixels of `score`, an image with one channel. */
export function pixelSum(builder: GraphBuilder, { input, name, path }: Insertion, score: string): string {
  const { height, width } = builder.shape(input);
  const weights = builder.add("pixel-softmax", `${name}.weights`, [score], path, {});
  const weighted = builder.add("scale", `${name}.weighted`, [input, weights], path, {});
  const mean = builder.add("global-avg-pool", `${name}.mean`, [weighted], path, {});
  return builder.add("multiply", `${name}.context`, [mean], path, { factor: height * width });
}
