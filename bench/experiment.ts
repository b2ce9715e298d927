// An experiment as a value, without a file -> the checked experiment.

import type { Experiment } from "../src/config/experiment.js";
import { longForm } from "../src/config/shorthand.js";
import { parseSource } from "../src/config/source.js";
import { checkWith } from "../src/experiment/check.js";
import type { CheckedExperiment } from "../src/experiment/checked-experiment.js";

const NETWORK = { stem: { filters: 8 }, stages: [{ block: "basic", repeat: 1, filters: 8 }] };

export function experimentFrom(
  parts: Readonly<Partial<Record<keyof Experiment, unknown>>>,
): CheckedExperiment {
  const text = JSON.stringify({ name: "bench", network: NETWORK, training: {}, ...parts });
  const checked = checkWith(longForm(parseSource(text, "bench.yaml")), ".", []);
  if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join("\n"));
  return checked.value;
}
