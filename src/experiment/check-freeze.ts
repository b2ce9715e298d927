// Checks of `network.freeze`: each name is that of a part of the network, and something is left to train.

import type { Path, Report } from "../diagnostic.js";
import { learnedNodes, partMatcher } from "../network/freeze.js";
import type { Graph } from "../network/graph.js";
import { didYouMean } from "../suggest.js";

const PATH: Path = ["network", "freeze"];

export function checkFreeze(graph: Graph, names: readonly string[], report: Report): void {
  if (names.length === 0) return;
  const learned = [...learnedNodes(graph)];
  for (const [index, name] of names.entries()) {
    const part = name.replace(/^!/, "");
    if (learned.some(partMatcher(part))) continue;
    const parts = partsOf(learned);
    const top = parts.filter((one) => !one.includes("."));
    report(
      "unknown-part",
      `no part of this network with weights is called \`${part}\`${didYouMean(part, parts) || `; there are ${top.join(", ")}, and parts of these (see \`describe --layers\`)`}`,
      [...PATH, index],
    );
  }
  if (graph.every(({ name, frozen }) => frozen || !learned.includes(name)))
    report("out-of-range", "`network.freeze` leaves nothing to train", PATH, "key");
}

/** The names of nodes, and what they begin with: `stage1.block1.conv1` is in `stage1.block1`, which is in `stage1`. */
function partsOf(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => {
    const steps = name.split(".");
    return steps.map((_, index) => steps.slice(0, index + 1).join("."));
  });
  return [...new Set(parts)];
}
