// FcaNet (Qin, Zhang, Wu, Li 2021): SE whose squeeze is a coefficient of the discrete cosine transform, another one for each of n groups of
// channels. Parameters: 2 C h with h = max(1, floor(C / r)), as SE without biases.

import type { Gate } from "./gate.js";
import { excite, ORIGINAL, reducedWidth } from "./squeeze-excitation.js";

/** The frequencies (u, v) on a grid of 7x7, best first (the authors' code, `top`). */
const BEST_U = [
  0, 0, 6, 0, 0, 1, 1, 4, 5, 1, 3, 0, 0, 0, 3, 2, 4, 6, 3, 5, 5, 2, 6, 5, 5, 3, 3, 4, 2, 2, 6, 1,
] as const;
const BEST_V = [
  0, 1, 0, 5, 2, 0, 2, 0, 0, 6, 0, 4, 6, 3, 5, 2, 6, 3, 3, 3, 5, 1, 1, 2, 4, 2, 1, 1, 3, 0, 5, 3,
] as const;
const GRID = 7;

export const frequencyChannelAttention: Gate<"fca"> = (builder, { input, name, path }, spec) => {
  const { height, width, channels } = builder.shape(input);
  // On larger maps, the authors multiply frequencies by the size divided by 7.
  const frequencies = BEST_U.slice(0, spec.frequencies).map((u, index) => {
    const v = BEST_V[index] as number;
    return [Math.floor((u * height) / GRID), Math.floor((v * width) / GRID)] as const;
  });
  const squeezed = builder.add("frequency-pool", `${name}.squeeze`, [input], path, { frequencies });
  const own = { ...ORIGINAL, width: reducedWidth(channels, spec.r), bias: false };
  const gate = excite(builder, { input: squeezed, name, path }, own);
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};
