// An experiment whose network is built -> what is wrong with it: problems of the graph, and keys that change nothing.

import { isDeepStrictEqual } from "node:util";
import { checkExperiment, type Experiment } from "../config/experiment.js";
import type { Located } from "../config/source.js";
import type { Diagnostic, Path } from "../diagnostic.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { checkNetwork, locateProblem } from "./check-network.js";
import type { Graph } from "./graph.js";

export interface CheckedNetwork {
  readonly located: Located;
  /** The folder that relative paths of the experiment start at. */
  readonly directory: string;
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly input: NetworkInput;
}

/** All that is wrong with an experiment once its network is built. */
export function checkBuilt(built: CheckedNetwork): Diagnostic[] {
  const problems = checkNetwork(built.graph, built.input.classes);
  if (problems.length > 0) return problems.map((problem) => locateProblem(problem, built.located));
  return findUnusedKeys(built);
}

/**
 * A key that only repeats its default is no mistake; one that differs from it and has no effect is. Not so `r`: two
 * ratios that give one reduced width are one network, and one run.
 */
function findUnusedKeys({ located, directory, experiment, graph, input }: CheckedNetwork): Diagnostic[] {
  const expected = meaningOf(graph);
  return keysBelow(located.value, ["network"]).flatMap((path): Diagnostic[] => {
    const without = checkExperiment({ ...located, value: removed(located.value, path) }, directory);
    if (!without.ok || isDeepStrictEqual(without.value, experiment)) return [];
    if (!isDeepStrictEqual(meaningOf(buildNetwork(without.value.network, input)), expected)) return [];
    const message = `\`${path.join(".")}\` changes nothing in this network`;
    return [{ code: "unused-key", message, path, location: located.locate(path, "key") }];
  });
}

/** A graph without the places that asked for its nodes. */
function meaningOf(graph: Graph) {
  return graph.map(({ path: _, ...node }) => node);
}

/** Paths of all keys of mappings, but for those of modules written out: there each key is a step. */
function keysBelow(root: unknown, path: Path): Path[] {
  const value = at(root, path);
  if (Array.isArray(value)) return value.flatMap((_, index) => keysBelow(root, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value)
    .filter((key) => key !== "modules" && key !== "r")
    .flatMap((key) => [[...path, key], ...keysBelow(root, [...path, key])]);
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | null)?.[step], root);
}

function removed(root: unknown, path: Path): unknown {
  const copy = structuredClone(root);
  delete (at(copy, path.slice(0, -1)) as Record<string, unknown>)[String(path.at(-1))];
  return copy;
}
