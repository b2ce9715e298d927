// A variant that should cost as much as another -> the same variant at that cost.

import { isDeepStrictEqual } from "node:util";
import type { Report } from "../diagnostic.js";
import { checkFreeze } from "../experiment/check-freeze.js";
import { buildNetwork } from "../network/build-network.js";
import { checkNetwork } from "../network/check-network.js";
import { complexityOf } from "../network/complexity.js";
import { canScale, matchCost } from "../network/match-cost.js";
import { costWords } from "../records/variant-cells.js";
import type { Point } from "./points.js";
import type { Variant } from "./variant.js";

/** Scales a variant with a `match` to the cost of its target, and returns any other variant as it is. Null if that fails. */
export function matchedVariant(
  point: Point,
  { built, report }: { built: ReadonlyMap<Point, Variant>; report: Report },
): Variant | null {
  const { index, match } = point;
  const variant = built.get(point);
  if (!variant || !match) return variant ?? null;
  const target = [...built.values()].find(({ name }) => name === match.target);
  if (!target) return null;
  const fail = (message: string) => {
    report("no-match", message, ["variants", index, "match"], "key");
    return null;
  };
  const { experiment, dataset } = variant;
  const { cost, by } = match;
  if (!canScale(experiment.network, by))
    return fail(`stages written out as \`modules\` have no ${by} to scale`);
  const { params, macs } = target.complexity;
  const asked = { cost, by, target: cost === "params" ? params.trainable : macs };
  const found = matchCost(experiment.network, dataset, asked);
  if (!found)
    return fail(`no ${by} brings this network close to the ${costWords(cost)} of \`${match.target}\``);
  const { network, change, ratio } = found;
  const off = `${change}: ${(100 * (ratio - 1)).toPrecision(2)} %`;
  if (isDeepStrictEqual(network, experiment.network))
    return fail(
      `no other ${by} brings this network closer to the ${costWords(cost)} of \`${match.target}\` (${off}); remove \`match\``,
    );
  if (Math.abs(ratio - 1) > MOST_OFF)
    return fail(
      `no ${by} brings this network close to the ${costWords(cost)} of \`${match.target}\`; the closest is ${off}`,
    );
  const graph = buildNetwork(network, dataset);
  for (const { message } of checkNetwork(graph, dataset.classes)) fail(message);
  checkFreeze(graph, network.freeze, (_, message) => fail(`${change}: ${message}`));
  return {
    ...variant,
    experiment: { ...experiment, network },
    graph,
    complexity: complexityOf(graph),
    match: { ...match, change, ratio },
  };
}

/** A variant whose cost is further off does not count as matched. */
const MOST_OFF = 0.05;
