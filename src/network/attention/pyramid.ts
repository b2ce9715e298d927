// Pyramid squeeze attention (Zhang, Zu, Lu, Zou, Meng 2021): 3x3, 5x5, 7x7 and 9x9 convolutions, the larger ones in more groups, each to a
// quarter of the channels; each quarter is scaled by the softmax over the four of what one SE says of it. Then BN and activation.

import { type BranchGate, scaledBranches } from "./branch-gate.js";
import { reducedWidth } from "./squeeze-excitation.js";

/** Kernel size of each convolution, and its groups where they divide the channels (the authors' code). */
const CONVS = [
  [3, 1],
  [5, 4],
  [7, 8],
  [9, 16],
] as const;

export const pyramidSqueeze: BranchGate<"psa"> = (builder, { input, name, path }, { conv, spec }) => {
  const { filters, stride, activation } = conv;
  const quarter = filters / CONVS.length;
  const { channels } = builder.shape(input);
  const branches = CONVS.map(([kernel, most], index) => {
    const groups = largestDivisor(most, [channels, quarter]);
    const conv = { filters: quarter, kernel, stride, groups };
    return builder.conv(input, `${name}.branch${index + 1}`, path, conv);
  });
  const means = branches.map((branch, index) =>
    builder.add("global-avg-pool", `${name}.mean${index + 1}`, [branch], path, {}),
  );
  // One SE for all of them: 1x1 convolutions over four pixels.
  const stacked = builder.add("stack", `${name}.means`, means, path, {});
  const width = reducedWidth(quarter, spec.r);
  const reduce = builder.pointwise(stacked, `${name}.reduce`, path, { filters: width, bias: true });
  const hidden = builder.activate({ input: reduce, name, path }, "relu");
  const expand = builder.pointwise(hidden, `${name}.expand`, path, { filters: quarter, bias: true });
  const scores = builder.add("sigmoid", `${name}.scores`, [expand], path, {});
  const scaled = scaledBranches(builder, { name, path, stacked: scores }, branches);
  const y = builder.add("concat", `${name}.concat`, scaled, path, {});
  return builder.normActivate(y, `${name}.concat`, path, activation);
};

/** The largest power of two up to `most` that divides all of the numbers. */
function largestDivisor(most: number, numbers: readonly number[]): number {
  return numbers.every((number) => number % most === 0) || most === 1
    ? most
    : largestDivisor(most / 2, numbers);
}
