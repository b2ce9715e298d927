// A graph and the names of parts of it -> the graph in which these parts are not trained.

import type { Graph } from "./graph.js";
import { ownWeights } from "./ops.js";
import { inferShapes, inputShapes } from "./shapes.js";
import { isLearned } from "./weights.js";

/** The graph with all nodes marked that have weights and are frozen. Of several names that fit, the last one counts. */
export function frozenGraph(graph: Graph, names: readonly string[]): Graph {
  if (names.length === 0) return graph;
  const rules = names.map((name) => ({
    isFrozen: !name.startsWith("!"),
    fits: partMatcher(name.replace(/^!/, "")),
  }));
  const learned = learnedNodes(graph);
  const isFrozen = (name: string) =>
    learned.has(name) && (rules.findLast(({ fits }) => fits(name))?.isFrozen ?? false);
  return Object.freeze(
    graph.map((node) => (isFrozen(node.name) ? Object.freeze({ ...node, frozen: true }) : node)),
  );
}

/** The names of the nodes with weights that would be trained if nothing were frozen. */
export function learnedNodes(graph: Graph): ReadonlySet<string> {
  const shapes = inferShapes(graph);
  return new Set(
    graph
      .filter((node) => ownWeights(node, inputShapes(node, shapes)).some(({ role }) => isLearned(role)))
      .map(({ name }) => name),
  );
}

/**
 * Whether the name of a node is that of a part or of something in it. In the name of a part, `*` stands for anything but a dot, and `**`
 * between dots for any number of steps.
 */
export function partMatcher(part: string): (name: string) => boolean {
  const steps = part
    .split(".")
    .filter((step, index, all) => step !== "**" || all[index - 1] !== "**")
    .map((step) => (step === "**" ? "(?:[^.]+\\.)*" : `${step.replaceAll("*", "[^.]*")}\\.`));
  const pattern = new RegExp(`^${steps.join("")}`);
  return (name) => pattern.test(`${name}.`);
}
