// Effective SE (Lee and Park 2020): y = x gate(W z + b), z the average over the pixels, no reduction. Parameters: C^2 + C.

import type { Gate } from "./gate.js";
import { addGate } from "./squeeze-excitation.js";

export const effectiveSe: Gate<"ese"> = (builder, { input, name, path }, spec) => {
  const { channels } = builder.shape(input);
  const squeeze = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const dense = builder.add("dense", `${name}.dense`, [squeeze], path, { units: channels, bias: true });
  const gate = addGate(builder, { input: dense, name, path }, spec.gate);
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};
