// Convolutions of channels first, also where a device gets groups wrong.

import type { OnnxBuilder } from "../onnx/builder.js";
import type { Context } from "./op.js";

export interface Groups {
  readonly groups: number;
  /** The input channels of each. */
  readonly inputs: number;
  /** The output channels of each. */
  readonly outputs: number;
}

type Attributes = Parameters<OnnxBuilder["op"]>[2];

/** `x`: [batch, channels, height, width]. `filter`: [outputs of all groups, inputs of one, height, width]. */
export function convolution(
  { builder, mixesGroups }: Pick<Context, "builder" | "mixesGroups">,
  [x, filter]: readonly [x: string, filter: string],
  attributes: Attributes,
  sizes: Groups,
): string {
  const { groups, inputs, outputs } = sizes;
  if (!mixesGroups || !spansGroups(sizes))
    return builder.op("Conv", [x, filter], { ...attributes, group: groups });
  const slice = (from: string, { group, size, axis }: { group: number; size: number; axis: number }) =>
    builder.op("Slice", [
      from,
      builder.ints([group * size]),
      builder.ints([(group + 1) * size]),
      builder.ints([axis]),
    ]);
  const parts = Array.from({ length: groups }, (_, group) => {
    const own = slice(x, { group, size: inputs, axis: 1 });
    return builder.op("Conv", [own, slice(filter, { group, size: outputs, axis: 0 })], attributes);
  });
  return builder.op("Concat", parts, { axis: 1 });
}

/** Whether ONNX Runtime's kernel for WebGPU, which computes up to four output channels together, takes some from two groups. */
function spansGroups({ groups, outputs }: Groups): boolean {
  const together = [4, 2, 1].find((size) => (groups * outputs) % size === 0) as number;
  return groups > 1 && outputs >= 4 && outputs % together !== 0;
}
