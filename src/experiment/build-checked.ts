// A checked experiment and what is known about its data -> its network, and its mistakes, including keys without effect.

import { isDeepStrictEqual } from "node:util";
import { checkExperiment } from "../config/experiment.js";
import { fillDefaults } from "../config/fill-defaults.js";
import { isWithin } from "../config/reach.js";
import { otherValues } from "../config/schema-values.js";
import { isWritten, valueAt } from "../config/source.js";
import { collect, type Diagnostic, nameOf, type Path, type Report } from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import { checkNetwork, type NetworkProblem } from "../network/check-network.js";
import { type Graph, withoutPaths } from "../network/graph.js";
import { checkFreeze } from "./check-freeze.js";
import { checkTraining } from "./check-training.js";
import type { CheckedExperiment, ExperimentInput } from "./checked-experiment.js";

export interface BuiltNetwork {
  readonly graph: Graph;
  /** All mistakes in the experiment that can only be found once its network is built. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Builds the network of an experiment and checks it. */
export function buildChecked(checked: CheckedExperiment, input: ExperimentInput): BuiltNetwork {
  const { located, experiment } = checked;
  const graph = buildNetwork(experiment.network, input);
  const diagnostics = collect(located, (report) => {
    const problems = checkNetwork(graph, input.classes);
    for (const problem of problems) reportProblem(problem, { located, report });
    checkFreeze(graph, experiment.network.freeze, report);
    checkTraining({ experiment, located, graph, input }, report);
    if (problems.length === 0) checkUsed({ ...checked, input }, report);
  });
  return { graph, diagnostics };
}

/** Reports a problem at the first of its keys that is present in the text, or otherwise at its part of the network. */
function reportProblem(
  { code, message, path, keys }: NetworkProblem,
  { located, report }: { located: CheckedExperiment["located"]; report: Report },
): void {
  // A stage may have the key from the network.
  const places = keys.flatMap((key) => [
    [...path, key],
    ["network", key],
  ]);
  report(code, message, places.find((place) => isWritten(located, place)) ?? path);
}

type UsedIn = Pick<CheckedExperiment, "located" | "directory"> & { readonly input: ExperimentInput };

/**
 * A key is a mistake if none of its possible values would change the network, but not if only its current value has no effect
 * or equals the default. `r` is excluded: different ratios may result in the same reduced width, and thus in the same network
 * and run.
 */
function checkUsed({ located: whole, directory, input }: UsedIn, report: Report): void {
  // A key that the second block of a stage does not use is not used by the blocks after it either.
  const located = { ...whole, value: withFewBlocks(whole.value) };
  const checked = checkExperiment(located, directory);
  if (!checked.ok) return;
  const expected = withoutPaths(buildNetwork(checked.value.network, input));
  const unused: Path[] = [];
  for (const path of keysBelow(located.value, ["network"])) {
    if (unused.some((holder) => isWithin(path, holder))) continue;
    const without = checkExperiment({ ...located, value: removed(located.value, path) }, directory);
    if (!without.ok || isDefault(located.value, path)) continue;
    // It is no mistake to write out what a value would be anyway.
    const derived = valueAt(without.value, path);
    if (derived !== undefined && isDeepStrictEqual(valueAt(located.value, path), derived)) continue;
    if (!isDeepStrictEqual(withoutPaths(buildNetwork(without.value.network, input)), expected)) continue;
    if (!isRead(path, { located, directory, input })) unused.push(path);
  }
  for (const path of unused)
    if (!isSharedWithAnother(located.value, path, unused))
      report("unused-key", `${nameOf(path, located)} has no effect in this network`, path, "key");
}

/** Whether another stage has the same value and uses it: what all stages have is not a mistake where one has no use for it. */
function isSharedWithAnother(
  root: unknown,
  [top, list, index, ...rest]: Path,
  unused: readonly Path[],
): boolean {
  const stages = valueAt(root, ["network", "stages"]);
  if (top !== "network" || list !== "stages" || rest.length === 0 || !Array.isArray(stages)) return false;
  const own = valueAt(stages, [index as number, ...rest]);
  return stages.some((stage, other) => {
    const path = ["network", "stages", other, ...rest];
    return (
      other !== Number(index) &&
      isDeepStrictEqual(valueAt(stage, rest), own) &&
      !unused.some((one) => isWithin(path, one))
    );
  });
}

const FEW_BLOCKS = 2;

function withFewBlocks(root: unknown): unknown {
  const copy = structuredClone(root) as { network?: { stages?: { repeat?: unknown }[] } };
  for (const stage of copy.network?.stages ?? [])
    if (Number(stage.repeat) > FEW_BLOCKS) stage.repeat = FEW_BLOCKS;
  return copy;
}

/** Whether a key has the value that it would have by default. */
function isDefault(root: unknown, path: Path): boolean {
  const filled = valueAt(fillDefaults("experiment", removed(root, path)), path);
  return isDeepStrictEqual(valueAt(root, path), filled ?? "off");
}

/** Whether another value of the key, or of a key within it, would change the network. */
function isRead(path: Path, { located, directory, input }: UsedIn): boolean {
  const meaning = (root: unknown) => {
    const checked = checkExperiment({ ...located, value: root }, directory);
    return checked.ok ? withoutPaths(buildNetwork(checked.value.network, input)) : null;
  };
  // The rounding of a reduced width only matters for ratios that do not divide the width.
  const ratio = [...path.slice(0, -1), "r"];
  return [located.value, replaced(located.value, ratio, UNEVEN_RATIO)].some((root) => {
    const expected = meaning(root);
    return (
      expected !== null &&
      [path, ...leavesBelow(root, path)].some((leaf) =>
        otherValues("experiment", root, leaf).some((other) => {
          const found = meaning(replaced(root, leaf, other));
          return found !== null && !isDeepStrictEqual(found, expected);
        }),
      )
    );
  });
}

const UNEVEN_RATIO = 3;

/** The paths of all scalars at or below a path. */
function leavesBelow(root: unknown, path: Path): Path[] {
  const value = valueAt(root, path);
  if (typeof value !== "object" || value === null) return [path];
  return Object.keys(value).flatMap((key) =>
    leavesBelow(root, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced(root: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(root);
  (valueAt(copy, path.slice(0, -1)) as Record<string, unknown>)[String(path.at(-1))] = value;
  return copy;
}

/** The paths of all keys of mappings, except in modules, where each key is a step, and of `freeze`, which is checked by itself. */
function keysBelow(root: unknown, path: Path): Path[] {
  const value = valueAt(root, path);
  if (Array.isArray(value)) return value.flatMap((_, index) => keysBelow(root, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value)
    .filter((key) => key !== "modules" && key !== "r" && key !== "freeze")
    .flatMap((key) => [[...path, key], ...keysBelow(root, [...path, key])]);
}

function removed(root: unknown, path: Path): unknown {
  const copy = structuredClone(root);
  delete (valueAt(copy, path.slice(0, -1)) as Record<string, unknown>)[String(path.at(-1))];
  return copy;
}
