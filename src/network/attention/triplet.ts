// Triplet attention (Misra, Nalamada, Arasanipalai, Hou 2021): the mean of three gated copies of x. Each gate is sigmoid(BN(conv7x7[maximum;
// mean])) along one dimension: the channels, or the height or the width, which change places with them. Parameters: 3 (98 + 2).

import type { GraphBuilder, Insertion } from "../graph-builder.js";
import type { Gate } from "./gate.js";
import { spatialScore } from "./spatial-score.js";

export const tripletAttention: Gate<"triplet"> = (builder, { input, name, path }) => {
  const ends = ([null, "height", "width"] as const).map((other) => {
    const own = `${name}.${other ?? "pixels"}`;
    const swap = (x: string, at: string) =>
      other === null ? x : builder.add("swap-channels", `${own}.${at}`, [x], path, { with: other });
    const x = swap(input, "turned");
    return swap(gated(builder, { input: x, name: own, path }), "back");
  });
  const sum = builder.add("add", `${name}.sum`, ends, path, {});
  return builder.add("multiply", `${name}.mean`, [sum], path, { factor: 1 / ends.length });
};

function gated(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const gate = builder.add(
    "sigmoid",
    `${name}.gate`,
    [spatialScore(builder, { input, name, path })],
    path,
    {},
  );
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
}
