// Gates that consist of a single function; model/channel-function.ts has their formulas.
// GCT (Yang et al. 2020): 3 C parameters. SimAM (Yang et al. 2021): none.

import type { Gate } from "./gate.js";

export const gatedChannelTransformation: Gate<"gct"> = (builder, { input, name, path }) =>
  builder.add("channel-function", name, [input], path, { kind: "gct" });

export const simam: Gate<"simam"> = (builder, { input, name, path }) =>
  builder.add("channel-function", name, [input], path, { kind: "simam" });
