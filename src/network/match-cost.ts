// A network -> one of the same kind, wider or deeper, that costs as much as another: a control of equal cost.

import { type BlockStageSpec, isWrittenOut, type NetworkSpec, type StageSpec } from "../config/experiment.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { complexityOf } from "./complexity.js";

export interface MatchAsked {
  readonly cost: "params" | "macs";
  readonly target: number;
  readonly by: "width" | "depth";
}

export interface Matched {
  readonly network: NetworkSpec;
  /** What was done to it, as in `width x1.034`. */
  readonly change: string;
  /** Its cost over the one asked for. */
  readonly ratio: number;
}

/** Widths and depths are tried up to so many times the given ones, and widths down to as small a part of them. */
const MOST = 16;

/** The nearest there is; null where even the widest or deepest tried does not reach the target, or the least is above it. */
export function matchCost(network: NetworkSpec, input: NetworkInput, asked: MatchAsked): Matched | null {
  const costOf = (candidate: NetworkSpec) => costIn(candidate, input, asked.cost);
  const found =
    asked.by === "width" ? matchWidth(network, asked, costOf) : matchDepth(network, asked, costOf);
  return found && { ...found, ratio: costOf(found.network) / asked.target };
}

/** Whether a network has widths to scale, or depths: modules written out have neither. */
export function canScale({ stages }: NetworkSpec, by: MatchAsked["by"]): boolean {
  return by === "width" ? !stages.some(isWrittenOut) : !stages.every(isWrittenOut);
}

type CostOf = (network: NetworkSpec) => number;
type Found = Omit<Matched, "ratio"> | null;

/** One factor for all widths, those of the stem too, so that equal ones stay equal; then each rounded the better way. */
function matchWidth(network: NetworkSpec, { target }: MatchAsked, costOf: CostOf): Found {
  const scaled = (factor: number) =>
    withWidths(network, (filters) => Math.max(1, Math.floor(filters * factor)));
  let [low, high] = [1 / MOST, MOST];
  if (costOf(scaled(low)) > target || costOf(scaled(high)) < target) return null;
  while (high / low > 1.00001) {
    const middle = Math.sqrt(low * high);
    if (costOf(scaled(middle)) <= target) low = middle;
    else high = middle;
  }
  const roundedUp = new Set<number>();
  const current = () =>
    withWidths(
      network,
      (filters) => Math.max(1, Math.floor(filters * low)) + (roundedUp.has(filters) ? 1 : 0),
    );
  let distance = Math.abs(costOf(current()) - target);
  for (const filters of widthsOf(network)) {
    roundedUp.add(filters);
    const other = Math.abs(costOf(current()) - target);
    if (other < distance) distance = other;
    else roundedUp.delete(filters);
  }
  return { network: current(), change: `width x${low.toPrecision(4)}` };
}

/** Blocks one by one, to the stage that has fewest for its share (Sainte-Lague), until the target is passed. */
function matchDepth(network: NetworkSpec, { target }: MatchAsked, costOf: CostOf): Found {
  const weights = network.stages.map((stage) => (isWrittenOut(stage) ? 0 : stage.repeat));
  const most = MOST * weights.reduce((sum, weight) => sum + weight, 0);
  const depths = weights.map((weight, index) => (weight === 0 ? (network.stages[index]?.repeat ?? 1) : 1));
  let before = withDepths(network, depths);
  if (costOf(before) > target) return null;
  for (let blocks = weights.length; blocks <= most; blocks++) {
    const shares = weights.map((weight, index) => weight / (2 * (depths[index] as number) + 1));
    const next = shares.indexOf(Math.max(...shares));
    depths[next] = (depths[next] as number) + 1;
    const after = withDepths(network, depths);
    if (costOf(after) >= target) {
      const nearest = costOf(after) - target < target - costOf(before) ? after : before;
      return { network: nearest, change: `blocks ${nearest.stages.map(({ repeat }) => repeat).join(", ")}` };
    }
    before = after;
  }
  return null;
}

function costIn(network: NetworkSpec, input: NetworkInput, cost: MatchAsked["cost"]): number {
  const { params, macs } = complexityOf(buildNetwork(network, input));
  return cost === "params" ? params.trainable : macs;
}

function withDepths(network: NetworkSpec, depths: readonly number[]): NetworkSpec {
  const stages = network.stages.map((stage, index) => ({ ...stage, repeat: depths[index] as number }));
  return { ...network, stages };
}

/** All different numbers of filters, the largest first. */
function widthsOf({ stem, stages }: NetworkSpec): number[] {
  const ofStem = stem === "none" ? [] : stem.convs.map(({ filters }) => filters);
  const ofStages = stages.flatMap((stage) => (isWrittenOut(stage) ? [] : stage.filters));
  return [...new Set([...ofStem, ...ofStages])].sort((a, b) => b - a);
}

function withWidths(network: NetworkSpec, width: (filters: number) => number): NetworkSpec {
  const { stem, stages } = network;
  return {
    ...network,
    stem:
      stem === "none"
        ? stem
        : { ...stem, convs: stem.convs.map((conv) => ({ ...conv, filters: width(conv.filters) })) },
    stages: stages.map((stage): StageSpec => (isWrittenOut(stage) ? stage : widened(stage, width))),
  };
}

/** Where a grouped convolution reads or writes, the groups have to divide the width. */
function widened(stage: BlockStageSpec, width: (filters: number) => number): BlockStageSpec {
  const { groups, kernels } = stage;
  const filters = stage.filters.map((filters, index) => {
    const isGrouped = groups > 1 && [index, index + 1].some((at) => (kernels[at] ?? 1) > 1);
    return isGrouped ? groups * Math.max(1, Math.round(width(filters) / groups)) : width(filters);
  });
  return { ...stage, filters };
}
