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

/** The sum of branches with equal shapes, each scaled by the softmax over all of one vector of scores per branch. */
export function weightedSum(
  builder: GraphBuilder,
  { name, path }: Pick<Insertion, "name" | "path">,
  { branches, scores }: { readonly branches: readonly string[]; readonly scores: readonly string[] },
): string {
  const stacked = builder.add("stack", `${name}.scores`, scores, path, {});
  return builder.add(
    "add",
    `${name}.sum`,
    scaledBranches(builder, { name, path, stacked }, branches),
    path,
    {},
  );
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
export function squeezed(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { units, bias, activation }: { units: number; bias: boolean; activation: Activation },
): string {
  const mean = builder.add("global-avg-pool", `${name}.squeeze`, [input], path, {});
  const reduce = builder.add("dense", `${name}.reduce`, [mean], path, { units, bias });
  const normed = builder.gateNorm(reduce, `${name}.reduce`, path);
  return builder.activate({ input: normed, name: `${name}.reduce`, path }, activation);
}
