// CBAM (Woo, Park, Lee, Kweon 2018): channels, x sigmoid(MLP(average) + MLP(maximum)) with one MLP for both; then pixels,
// x sigmoid(BN(conv7x7[mean; maximum over channels])). Parameters: 2 C h (+ C + h with biases) + 98 + 2.

import type { Gate } from "./gate.js";
import { spatialScore } from "./spatial-score.js";
import { reducedWidth } from "./squeeze-excitation.js";

export const cbam: Gate<"cbam"> = (builder, { input, name, path }, { r, bias }) => {
  const { channels } = builder.shape(input);
  const average = builder.add("global-avg-pool", `${name}.average`, [input], path, {});
  const maximum = builder.add("global-max-pool", `${name}.maximum`, [input], path, {});
  // The shared MLP is a pair of 1x1 convolutions applied to two pixels, whose sum is twice their mean.
  const both = builder.add("stack", `${name}.both`, [average, maximum], path, {});
  const filters = reducedWidth(channels, r);
  const reduce = builder.pointwise(both, `${name}.reduce`, path, { filters, bias });
  const relu = builder.add("relu", `${name}.relu`, [reduce], path, {});
  const expand = builder.pointwise(relu, `${name}.expand`, path, { filters: channels, bias });
  const mean = builder.add("global-avg-pool", `${name}.mean`, [expand], path, {});
  const sum = builder.add("multiply", `${name}.sum`, [mean], path, { factor: 2 });
  const gate = builder.add("sigmoid", `${name}.gate`, [sum], path, {});
  const x = builder.add("scale", `${name}.scale`, [input, gate], path, {});

  const score = spatialScore(builder, { input: x, name, path });
  const pixels = builder.add("sigmoid", `${name}.spatial.gate`, [score], path, {});
  return builder.add("scale", `${name}.spatial.scale`, [x, pixels], path, {});
};
