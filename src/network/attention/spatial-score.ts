// BN(conv7x7[mean; maximum over the channels]): one number per pixel. Parameters: 98 + 2.

import type { GraphBuilder, Insertion } from "../graph-builder.js";

const CONV = {
  filters: 1,
  kernel: [7, 7],
  stride: 1,
  groups: 1,
  bias: false,
  padding: "same",
  dilation: 1,
} as const;

export function spatialScore(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const means = builder.add("channel-reduce", `${name}.means`, [input], path, { by: "mean" });
  const maxima = builder.add("channel-reduce", `${name}.maxima`, [input], path, { by: "max" });
  const maps = builder.add("concat", `${name}.maps`, [means, maxima], path, {});
  const spatial = builder.add("conv", `${name}.spatial`, [maps], path, CONV);
  return builder.gateNorm(spatial, `${name}.spatial`, path);
}
