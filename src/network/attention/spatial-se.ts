// Spatial SE, and concurrent spatial and channel SE (Roy, Navab, Wachinger 2018): y = x sigmoid(w . x + b) at
// each pixel; scSE adds the output of channel SE. Parameters: C + 1, plus those of SE for scSE.

import { type Gate, scaledBySigmoid } from "./gate.js";
import { ORIGINAL, reducedWidth, vectorGate } from "./squeeze-excitation.js";

export const spatialSe: Gate<"sse"> = (builder, { input, name, path }) => {
  const score = builder.pointwise(input, `${name}.score`, path, { filters: 1, bias: true });
  return scaledBySigmoid(builder, { input, name, path }, score);
};

export const concurrentSe: Gate<"scse"> = (builder, insertion, { r, bias, placement }) => {
  const { input, name, path } = insertion;
  const own = { ...ORIGINAL, width: reducedWidth(builder.shape(input).channels, r), bias };
  const gate = vectorGate(builder, { input, name: `${name}.channel`, path }, own);
  const channel = builder.add("scale", `${name}.channel.scale`, [input, gate], path, {});
  const spatial = spatialSe(builder, { ...insertion, name: `${name}.spatial` }, { type: "sse", placement });
  return builder.add("add", `${name}.sum`, [channel, spatial], path, {});
};
