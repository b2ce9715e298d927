// The meaning of short forms: the convolutions and the gate of a stage, and the milestones of a schedule.

import type { Network, Stage } from "./experiment-schema.js";
import type { AttentionSpec, Milestone } from "./experiment-spec.js";

/** The convolutions of each kind of block: kernel sizes, and filters as multiples of the single number in the short form. */
export const BLOCKS = {
  basic: { kernels: [3, 3], expansion: [1, 1] },
  bottleneck: { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  "preact-basic": { kernels: [3, 3], expansion: [1, 1] },
  "preact-bottleneck": { kernels: [1, 3, 1], expansion: [1, 1, 4] },
  // In these two, only the depthwise convolution has a kernel to choose; the filters are those of the output.
  "inverted-bottleneck": { kernels: [3], expansion: [1] },
  convnext: { kernels: [7], expansion: [1] },
} as const;

/** The gate of the stage, or else that of the network. */
export function attentionOf(stage: Stage, network: Network): "off" | AttentionSpec {
  return (stage.attention ?? network.attention ?? "off") as "off" | AttentionSpec;
}

/** The milestones of a schedule; a percentage such as `50%` refers to all epochs of the training. */
export function milestonesOf(at: readonly (number | string)[], epochs: number): Milestone[] {
  return at.map((one): Milestone => {
    if (typeof one === "number") return one;
    const number = Number.parseFloat(one);
    return one.endsWith("%") ? (number / 100) * epochs : `${number} steps`;
  });
}

export function isBottleneck({ block }: Stage): boolean {
  return block === "bottleneck" || block === "preact-bottleneck";
}
