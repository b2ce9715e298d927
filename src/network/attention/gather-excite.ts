// Gather-excite without parameters (Hu, Shen, Albanie, Sun, Vedaldi 2018, GE-theta-minus with global extent):
// y = x sigmoid(average over pixels). Parameters: none.

import type { Gate } from "./attention.js";

export const gatherExcite: Gate<"ge"> = (builder, { input, name, path }) => {
  const gather = builder.add("global-avg-pool", `${name}.gather`, [input], path, {});
  const gate = builder.add("sigmoid", `${name}.gate`, [gather], path, {});
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};
