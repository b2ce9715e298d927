// Triplet attention (Misra, Nalamada, Arasanipalai, Hou 2021): the mean of three gated copies of x. Each gate is sigmoid(BN(conv7x7[maximum;
// mean])) along one dimension: the channels, or the height or the width, which change places with them. Parameters: 3 (98 + 2).

import { type Gate, scaledBySigmoid } from "./gate.js";
import { spatialScore } from "./spatial-score.js";

export const tripletAttention: Gate<"triplet"> = (builder, { input, name, path }) => {
  const ends = ([null, "height", "width"] as const).map((other) => {
    const own = `${name}.${other ?? "pixels"}`;
    const swap = (x: string, at: string) =>
      other === null ? x : builder.add("swap-channels", `${own}.${at}`, [x], path, { with: other });
    const x = swap(input, "turned");
    const score = spatialScore(builder, { input: x, name: own, path });
    return swap(scaledBySigmoid(builder, { input: x, name: own, path }, score), "back");
  });
  const sum = builder.add("add", `${name}.sum`, ends, path, {});
  return builder.add("multiply", `${name}.mean`, [sum], path, { factor: 1 / ends.length });
};
