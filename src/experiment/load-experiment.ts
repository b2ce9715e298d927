// A file -> the experiment in it, and its network.

import { readExperiment } from "../config/extended.js";
import type { Override } from "../config/override.js";
import { directoryOf } from "../config/paths.js";
import { longForm } from "../config/shorthand.js";
import { isSweep } from "../config/sweep.js";
import { DiagnosticError, InputError } from "../diagnostic.js";
import type { Graph } from "../network/graph.js";
import { buildChecked } from "./build-checked.js";
import { checkWith } from "./check.js";
import type { CheckedExperiment, ExperimentInput } from "./checked-experiment.js";
import { quickOverrides } from "./quick.js";

/** `quick`: whether to shorten the experiment for a trial. Throws InputError and DiagnosticError. */
export function loadExperiment(
  file: string,
  overrides: readonly Override[],
  { quick = false }: { quick?: boolean } = {},
): CheckedExperiment {
  const source = readExperiment(file);
  if (isSweep(source))
    throw new InputError(
      `${file} is a sweep, but this command needs an experiment (the sweep names one under \`experiment\`)`,
    );
  const base = longForm(source);
  const all = [...(quick ? quickOverrides(base) : []), ...overrides];
  const checked = checkWith(base, directoryOf(file), all);
  if (!checked.ok) throw new DiagnosticError(checked.diagnostics);
  return checked.value;
}

/** The network for images of the given shape. Throws DiagnosticError. */
export function networkOf(checked: CheckedExperiment, input: ExperimentInput): Graph {
  const { graph, diagnostics } = buildChecked(checked, input);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return graph;
}
