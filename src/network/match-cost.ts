// A network -> a wider or deeper version of it that costs as much as another network: a control of equal cost.

import { type BlockStageSpec, isWrittenOut, type NetworkSpec } from "../config/experiment-spec.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { complexityOf } from "./complexity.js";

export interface MatchAsked {
  readonly cost: "params" | "macs";
  readonly target: number;
  readonly by: "width" | "depth";
}

export interface Matched {
  readonly network: NetworkSpec;
  /** What was changed, for example `widths 16 -> 17, 32 -> 34` or `blocks 3, 4, 6, 3 -> 3, 5, 8, 3`. */
  readonly change: string;
  /** The cost divided by the target. */
  readonly ratio: number;
}

/** The largest factor by which widths and depths are multiplied, and by which widths are divided. */
const MOST = 16;

/** The closest network found; null if the target is above the cost of the largest network tried or below that of the smallest. */
export function matchCost(network: NetworkSpec, input: NetworkInput, asked: MatchAsked): Matched | null {
  const costOf = (candidate: NetworkSpec) => {
    const { params, macs } = complexityOf(buildNetwork(candidate, input));
    return asked.cost === "params" ? params.trainable : macs;
  };
  const found =
    asked.by === "width"
      ? matchWidth(network, asked.target, costOf)
      : matchDepth(network, asked.target, costOf);
  return found && { ...found, ratio: costOf(found.network) / asked.target };
}

/** Whether the width or the depth of a network can be scaled. Stages written out as modules have neither. */
export function canScale({ stages }: NetworkSpec, by: MatchAsked["by"]): boolean {
  return by === "width" ? !stages.some(isWrittenOut) : !stages.every(isWrittenOut);
}

type CostOf = (network: NetworkSpec) => number;
type Found = Omit<Matched, "ratio"> | null;

/**
 * Multiplies all widths, including those of the stem, by one factor, so that equal widths stay equal and shortcuts keep their
 * kind. The results are rounded down; then one or two widths at a time are moved by a step while this gets closer.
 */
function matchWidth(network: NetworkSpec, target: number, costOf: CostOf): Found {
  const steps = widthSteps(network);
  const scaled = (factor: number) =>
    new Map(
      Array.from(steps, ([width, step]) => [
        width,
        step * Math.max(1, Math.floor((width * factor) / step + 1e-9)),
      ]),
    );
  const distance = (widths: Widths) => Math.abs(costOf(withWidths(network, widths)) - target);
  let [low, high] = [1 / MOST, MOST];
  if (costOf(withWidths(network, scaled(low))) > target) return null;
  if (costOf(withWidths(network, scaled(high))) < target) return null;
  while (high / low > 1.00001) {
    const middle = Math.sqrt(low * high);
    if (costOf(withWidths(network, scaled(middle))) <= target) low = middle;
    else high = middle;
  }
  const widths = nearest<Widths>(scaled(low), distance, (from) =>
    neighbours(from, { low: scaled(low), steps }),
  );
  const change = Array.from(widths, ([width, now]) => `${width} -> ${now}`).join(", ");
  return { network: withWidths(network, widths), change: `widths ${change}` };
}

/** Original width -> new width. */
type Widths = ReadonlyMap<number, number>;

/** All changes that round one or two widths the other way. */
function neighbours(from: Widths, { low, steps }: { low: Widths; steps: Widths }): Widths[] {
  const other = (width: number) => {
    const [down, step] = [low.get(width) as number, steps.get(width) as number];
    return from.get(width) === down ? down + step : down;
  };
  const all = [...from.keys()];
  return all.flatMap((first, index) =>
    all.slice(index).map((second) => new Map(from).set(first, other(first)).set(second, other(second))),
  );
}

/** Moves to a closer neighbour until there is none. */
function nearest<T>(start: T, distance: (one: T) => number, around: (one: T) => readonly T[]): T {
  let [best, least] = [start, distance(start)];
  for (let moved = true; moved; ) {
    moved = false;
    for (const one of around(best)) {
      const own = distance(one);
      if (own < least) [best, least, moved] = [one, own, true];
    }
  }
  return best;
}

/** Each distinct width, and the number that it must be a multiple of: groups of convolutions, and parts that gates and norms need. */
function widthSteps({ stem, stages, norm }: NetworkSpec): Map<number, number> {
  const steps = new Map<number, number>();
  const normGroups = norm !== "batch" && "groups" in norm ? norm.groups : 1;
  const blocks = stages.filter((stage): stage is BlockStageSpec => !isWrittenOut(stage));
  // Gates may also read what the stage before them writes, so every width suits every gate and every norm.
  const everywhere = blocks.map((stage) => leastMultiple(stage.scale * normGroups, gateDivisor(stage)));
  const need = (width: number, divisor: number) =>
    steps.set(width, [divisor, normGroups, ...everywhere].reduce(leastMultiple, steps.get(width) ?? 1));
  let input = 0;
  const convs = stem === "none" ? [] : stem.convs;
  for (const { filters } of convs) {
    need(filters, 1);
    input = filters;
  }
  for (const stage of stages) {
    if (isWrittenOut(stage)) continue;
    for (let block = 0; block < Math.min(2, stage.repeat); block++)
      stage.filters.forEach((filters, index) => {
        const groups = (stage.kernels[index] as number) > 1 ? stage.groups : 1;
        if (input > 0 && steps.has(input)) need(input, groups);
        need(filters, groups);
        input = filters;
      });
  }
  return steps;
}

/** The parts that a gate divides channels into, wherever it stands. */
function gateDivisor({ attention, groups, filters }: BlockStageSpec): number {
  if (attention === "off") return 1;
  switch (attention.type) {
    case "fca":
      return attention.frequencies;
    case "lct":
      return attention.groups;
    case "sk":
      return attention.split ? attention.branches : 1;
    case "split-attention":
      return attention.radix * groups;
    case "psa":
      return filters.reduce((least, width) => greatestDivisor(width, least), PYRAMID_WIDTH);
    default:
      return 1;
  }
}

/** A multiple of it keeps the groups of all four convolutions of a pyramid. */
const PYRAMID_WIDTH = 64;

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function leastMultiple(a: number, b: number): number {
  return (a * b) / greatestDivisor(a, b);
}

function withWidths(network: NetworkSpec, widths: Widths): NetworkSpec {
  const { stem, stages } = network;
  const width = (filters: number) => widths.get(filters) ?? filters;
  return {
    ...network,
    stem:
      stem === "none"
        ? stem
        : { ...stem, convs: stem.convs.map((conv) => ({ ...conv, filters: width(conv.filters) })) },
    stages: stages.map((stage) =>
      isWrittenOut(stage) ? stage : { ...stage, filters: stage.filters.map(width) },
    ),
  };
}

/** How many blocks a stage may differ from the proportional number if that gets closer. */
const REACH = 2;

/** Distributes blocks over the stages in proportion to the original depths (Sainte-Lague), then searches nearby depths. */
function matchDepth(network: NetworkSpec, target: number, costOf: CostOf): Found {
  const given = network.stages.map(({ repeat }) => repeat);
  const scales = network.stages.map((stage) => !isWrittenOut(stage));
  const one = given.map((repeat, index) => (scales[index] ? 1 : repeat));
  const base = costOf(withDepths(network, one));
  // All blocks after the first of a stage have the same cost.
  const more = one.map((repeat, index) =>
    scales[index] ? costOf(withDepths(network, one.with(index, repeat + 1))) - base : 0,
  );
  const costAt = (depths: readonly number[]) =>
    depths.reduce(
      (sum, depth, index) => sum + (more[index] as number) * (depth - (one[index] as number)),
      base,
    );
  if (base > target) return null;
  let depths = one;
  const most = MOST * given.reduce((sum, repeat) => sum + repeat, 0);
  for (let blocks = one.length; costAt(depths) < target; blocks++) {
    if (blocks > most) return null;
    const shares = depths.map((depth, index) =>
      scales[index] ? (given[index] as number) / (2 * depth + 1) : 0,
    );
    const next = shares.indexOf(Math.max(...shares));
    depths = depths.with(next, (depths[next] as number) + 1);
  }
  const found = around(depths, scales).reduce((best, candidate) =>
    Math.abs(costAt(candidate) - target) < Math.abs(costAt(best) - target) ? candidate : best,
  );
  return { network: withDepths(network, found), change: `blocks ${given.join(", ")} -> ${found.join(", ")}` };
}

/** All depths that differ by at most REACH in each stage that can be scaled, starting with the given ones. */
function around(depths: readonly number[], scales: readonly boolean[]): (readonly number[])[] {
  const steps = Array.from({ length: 2 * REACH + 1 }, (_, index) => index - REACH);
  const all = depths.reduce<(readonly number[])[]>(
    (found, depth, index) =>
      found.flatMap((before) =>
        scales[index]
          ? steps.filter((step) => depth + step >= 1).map((step) => [...before, depth + step])
          : [[...before, depth]],
      ),
    [[]],
  );
  return [depths, ...all];
}

function withDepths(network: NetworkSpec, depths: readonly number[]): NetworkSpec {
  const stages = network.stages.map((stage, index) => ({ ...stage, repeat: depths[index] as number }));
  return { ...network, stages };
}
