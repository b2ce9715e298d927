// What a stage's short forms stand for: its blocks' convolutions, its gate.

import type { Network, Stage } from "./experiment-schema.js";
import type { AttentionSpec, SeSpec } from "./experiment-spec.js";

/** Convolutions of each kind of block: kernel sizes, and filters as multiples of the short form's one number. */
export const BLOCKS = {
  basic: { kernels: [3, 3], expansion: [1, 1] },
  bottleneck: { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  "preact-basic": { kernels: [3, 3], expansion: [1, 1] },
  "preact-bottleneck": { kernels: [1, 3, 1], expansion: [1, 1, 4] },
} as const;

/** The stage's own gate, else the network's; `se` is short for one of type `se`. */
export function attentionOf(stage: Stage, network: Network): "off" | AttentionSpec {
  for (const { attention, se } of [stage, network]) {
    if (attention !== undefined) return attention as "off" | AttentionSpec;
    if (se !== undefined) return se === "off" ? "off" : ({ type: "se", ...se } as SeSpec);
  }
  return "off";
}

export function isBottleneck({ block }: Stage): boolean {
  return block === "bottleneck" || block === "preact-bottleneck";
}
