// Gates over branches, which replace a convolution: their type, and what they have in common.

import type { Activation, BranchGateSpec } from "../../config/experiment-spec.js";
import type { ConvSpec, GraphBuilder, Insertion } from "../graph-builder.js";

/** The convolution that is replaced, with the activation after it. */
export interface ReplacedConv extends Required<Omit<ConvSpec, "dilation">> {
  readonly activation: Activation;
}

/** Adds nodes instead of a convolution, its normalisation and its activation, and returns the name of the last one. */
export type BranchGate<Kind extends BranchGateSpec["type"]> = (
  builder: GraphBuilder,
  insertion: Insertion,
  parts: { readonly conv: ReplacedConv; readonly spec: Extract<BranchGateSpec, { type: Kind }> },
) => string;

/**
 * sum a_i U_i for branches U_i with equal shapes, where a is the softmax over i of A_i act(BN(W mean(U))). `input`: U, the sum of
 * the branches. `units`: rows of W. `bias`: of W and of each A_i.
 */
export function weightedSum(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { branches, ...reduction }: Reduction & { readonly branches: readonly string[] },
): string {
  const { bias } = reduction;
  const units = builder.shape(input).channels;
  const hidden = squeezed(builder, { input, name, path }, reduction);
  const scores = branches.map((_, index) =>
    builder.add("dense", `${name}.score${index + 1}`, [hidden], path, { units, bias }),
  );
  const stacked = builder.add("stack", `${name}.scores`, scores, path, {});
  const scaled = scaledBranches(builder, { name, path, stacked }, branches);
  return builder.add("add", `${name}.sum`, scaled, path, {});
}

interface Reduction {
  readonly units: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

interface ScaledParts extends Pick<Insertion, "name" | "path"> {
  /** An image with one row: the scores of each branch in a column. */
  readonly stacked: string;
}

export function scaledBranches(
  builder: GraphBuilder,
  { name, path, stacked }: ScaledParts,
  branches: readonly string[],
): string[] {
  return branches.map((branch, index) => {
    const own = `${name}.${index + 1}`;
    const factors = builder.add("branch-factors", `${own}.gate`, [stacked], path, { index });
    return builder.add("scale", `${own}.scale`, [branch, factors], path, {});
  });
}

/** The average over the pixels, reduced to `units` numbers, normalised and activated. */
function squeezed(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { units, bias, activation }: Reduction,
): string {
  const mean = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const reduce = builder.add("dense", `${name}.reduce`, [mean], path, { units, bias });
  const normed = builder.gateNorm(reduce, `${name}.reduce`, path);
  return builder.activate({ input: normed, name: `${name}.reduce`, path }, activation);
}
