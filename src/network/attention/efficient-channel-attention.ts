// Efficient channel attention (Wang et al. 2020): y = x sigmoid(conv1d_k(average over the pixels)). Parameters: k.

import { type Gate, scaledBySigmoid } from "./gate.js";

export const efficientChannelAttention: Gate<"eca"> = (builder, { input, name, path }, spec) => {
  const kernel = spec.kernel === "auto" ? kernelFor(builder.shape(input).channels) : spec.kernel;
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const mixed = builder.add("channel-conv", `${name}.conv`, [squeeze], path, { kernel });
  return scaledBySigmoid(builder, { input, name, path }, mixed);
};

/** t = int(|log2 C + 1| / 2); k = t if odd, else t + 1; at least 3. */
function kernelFor(channels: number): number {
  const t = Math.trunc(Math.abs(Math.log2(channels) + 1) / 2);
  return Math.max(3, t % 2 === 1 ? t : t + 1);
}
