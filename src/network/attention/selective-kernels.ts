// Selective kernels (Li, Wang, Hu, Yang 2019): convolutions U_i with dilation i; y = sum a_i U_i, where a is the softmax over i of
// A_i relu(BN(W mean(sum U_i))). Parameters for M branches without groups: M (k^2 C_in C + 2 C) + C h + 2 h + M h C; with `split`, each
// convolution reads C_in / M channels.

import { type BranchGate, weightedSum } from "./branch-gate.js";
import { reducedWidth } from "./squeeze-excitation.js";

export const selectiveKernels: BranchGate<"sk"> = (builder, { input, name, path }, { conv, spec }) => {
  const { filters, kernel, stride, groups, activation } = conv;
  const { channels } = builder.shape(input);
  const share = channels / spec.branches;
  const branches = Array.from({ length: spec.branches }, (_, index) => {
    const own = `${name}.branch${index + 1}`;
    const start = spec.split
      ? builder.add("channels", `${own}.part`, [input], path, { start: index * share, count: share })
      : input;
    const spread = { filters, kernel, stride, groups: spec.split ? Math.min(groups, share) : groups };
    const convolved = builder.conv(start, own, path, { ...spread, dilation: index + 1 });
    return builder.normActivate(convolved, own, path, activation);
  });
  const sum = builder.add("add", `${name}.branches`, branches, path, {});
  const units = reducedWidth(filters, spec.r, "multiple-of-8");
  return weightedSum(builder, { input: sum, name, path }, { branches, units, bias: false, activation });
};
