// The meaning of short forms: the convolutions and the gate of a stage, and the epochs of a schedule.

import type { Network, Stage } from "./experiment-schema.js";
import type { AttentionSpec } from "./experiment-spec.js";

/** The convolutions of each kind of block: kernel sizes, and filters as multiples of the single number in the short form. */
export const BLOCKS = {
  basic: { kernels: [3, 3], expansion: [1, 1] },
  bottleneck: { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  "preact-basic": { kernels: [3, 3], expansion: [1, 1] },
  "preact-bottleneck": { kernels: [1, 3, 1], expansion: [1, 1, 4] },
} as const;

/** The gate of the stage, or else that of the network. */
export function attentionOf(stage: Stage, network: Network): "off" | AttentionSpec {
  return (stage.attention ?? network.attention ?? "off") as "off" | AttentionSpec;
}

/** The epochs of a schedule; a percentage such as `50%` refers to all epochs of the training. */
export function epochsOf(at: readonly (number | string)[], epochs: number): number[] {
  return at.map((one) => (typeof one === "number" ? one : (Number.parseFloat(one) / 100) * epochs));
}

export function isBottleneck({ block }: Stage): boolean {
  return block === "bottleneck" || block === "preact-bottleneck";
}
