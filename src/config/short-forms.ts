// What short forms stand for: a stage's convolutions, its gate, the epochs of a schedule.

import type { Network, Stage } from "./experiment-schema.js";
import type { AttentionSpec } from "./experiment-spec.js";

/** Convolutions of each kind of block: kernel sizes, and filters as multiples of the short form's one number. */
export const BLOCKS = {
  basic: { kernels: [3, 3], expansion: [1, 1] },
  bottleneck: { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  "preact-basic": { kernels: [3, 3], expansion: [1, 1] },
  "preact-bottleneck": { kernels: [1, 3, 1], expansion: [1, 1, 4] },
} as const;

/** The stage's own gate, else the network's. */
export function attentionOf(stage: Stage, network: Network): "off" | AttentionSpec {
  return (stage.attention ?? network.attention ?? "off") as "off" | AttentionSpec;
}

/** Epochs of a schedule; a share, as in `50%`, is that of all epochs. */
export function epochsOf(at: readonly (number | string)[], epochs: number): number[] {
  return at.map((one) => (typeof one === "number" ? one : (Number.parseFloat(one) / 100) * epochs));
}

export function isBottleneck({ block }: Stage): boolean {
  return block === "bottleneck" || block === "preact-bottleneck";
}
