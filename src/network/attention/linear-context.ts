// Linear context transform (Ruan et al. 2020): y = x sigmoid(w n + b + 1), where n is the average over the pixels, normalised over the channels
// of its group, and w and b per channel start at 0. Parameters: 2 C.

import { type Gate, scaledBySigmoid } from "./gate.js";

const EPSILON = 1e-5;

export const linearContext: Gate<"lct"> = (builder, { input, name, path }, { groups }) => {
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const norm = { groups, epsilon: EPSILON, zeroInit: true };
  const linear = builder.add("group-norm", `${name}.linear`, [squeeze], path, norm);
  const score = builder.add("channel-function", `${name}.score`, [linear], path, { kind: "plus-one" });
  return scaledBySigmoid(builder, { input, name, path }, score);
};
