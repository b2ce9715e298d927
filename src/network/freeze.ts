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
  const wanted = part.split(".");
  return (name) => {
    const steps = name.split(".");
    /** `reached[n]`: whether what is wanted so far may end before step n. */
    let reached = steps.map((_, at) => at === 0);
    reached.push(false);
    for (const one of wanted)
      reached = reached.map((_, end) =>
        one === "**"
          ? reached.slice(0, end + 1).includes(true)
          : end > 0 && (reached[end - 1] as boolean) && fits(one, steps[end - 1] as string),
      );
    return reached.includes(true);
  };
}

/** Whether a step of a name is that of a part, in which `*` stands for any text. Takes the first place for each piece, which is never worse. */
function fits(wanted: string, step: string): boolean {
  const [first = "", ...pieces] = wanted.split("*");
  const last = pieces.pop();
  if (last === undefined) return step === first;
  if (!step.startsWith(first) || step.length < first.length + last.length || !step.endsWith(last))
    return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = step.indexOf(piece, at);
    if (found < 0 || found + piece.length > step.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}
