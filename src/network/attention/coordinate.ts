// Coordinate attention (Hou, Zhou, Feng 2021): averages along rows and columns, stacked, pass through
// a 1x1 convolution to m = max(8, floor(C / r)) channels, BN and hard swish; then a 1x1 convolution and a sigmoid for each.
// Parameters: 3 C m + 3 m + 2 C.

import type { Gate } from "./gate.js";

export const coordinateAttention: Gate<"coordinate"> = (builder, { input, name, path }, { r }) => {
  const { height, width, channels } = builder.shape(input);
  const m = Math.max(8, Math.floor(channels / r));
  const byRow = builder.add("strip-mean", `${name}.rows`, [input], path, { over: "width" });
  const byColumn = builder.add("strip-mean", `${name}.columns`, [input], path, { over: "height" });
  const turned = builder.add("swap-axes", `${name}.turned`, [byColumn], path, {});
  const both = builder.add("stack-rows", `${name}.both`, [byRow, turned], path, {});
  const reduce = builder.pointwise(both, `${name}.reduce`, path, { filters: m, bias: true });
  const norm = builder.gateNorm(reduce, `${name}.reduce`, path);
  const hidden = builder.add("channel-function", `${name}.swish`, [norm], path, { kind: "hard-swish" });
  const gate = (part: string, start: number, count: number) => {
    const strip = builder.add("rows", `${name}.${part}`, [hidden], path, { start, count });
    const score = builder.pointwise(strip, `${name}.${part}.expand`, path, { filters: channels, bias: true });
    return builder.add("sigmoid", `${name}.${part}.gate`, [score], path, {});
  };
  const rowGate = gate("row", 0, height);
  const columnGate = builder.add("swap-axes", `${name}.back`, [gate("column", height, width)], path, {});
  const scaled = builder.add("scale", `${name}.scale-rows`, [input, rowGate], path, {});
  return builder.add("scale", `${name}.scale-columns`, [scaled, columnGate], path, {});
};
