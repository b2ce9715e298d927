// Split attention (Zhang et al. 2020): one convolution to R C channels with R times the groups, BN and activation, whose R parts U_i are
// weighted: y = sum a_i U_i, where a is the softmax over i of A_i relu(BN(W mean(sum U_i))), with biases; then an average pool that applies
// the stride, if there is one. Parameters without groups: k^2 C_in C + 2 R C + (C + 3) h + R (h + 1) C.

import { type BranchGate, weightedSum } from "./branch-gate.js";

const LEAST_WIDTH = 32;
const POOL = 3;

export const splitAttention: BranchGate<"split-attention"> = (builder, { input, name, path }, parts) => {
  const { filters, kernel, stride, groups, activation } = parts.conv;
  const { radix, r } = parts.spec;
  const all = { filters: radix * filters, kernel, stride: 1, groups: radix * groups };
  const convolved = builder.conv(input, `${name}.branches`, path, all);
  const x = builder.normActivate(convolved, `${name}.branches`, path, activation);
  const branches = Array.from({ length: radix }, (_, index) => {
    const range = { start: index * filters, count: filters };
    return builder.add("channels", `${name}.branch${index + 1}`, [x], path, range);
  });
  const sum = builder.add("add", `${name}.all`, branches, path, {});
  const units = Math.max(LEAST_WIDTH, 8 * Math.floor(((builder.shape(input).channels * radix) / r + 4) / 8));
  const weights = { branches, units, bias: true, activation };
  const y = weightedSum(builder, { input: sum, name, path }, weights);
  if (stride === 1) return y;
  return builder.add("padded-avg-pool", `${name}.pool`, [y], path, { kernel: POOL, stride });
};
