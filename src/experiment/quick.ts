// --quick: changes an experiment or a sweep so that it can be tried in a minute.

import { type Override, parseOverride } from "../config/override.js";
import type { Located } from "../config/source.js";
import type { Sweep } from "../config/sweep.js";

/** One epoch at a constant learning rate over a few images, all of which are used, with results in a separate folder. */
export function quickOverrides({ value }: Located): Override[] {
  const { name, dataset } = (value ?? {}) as { name?: unknown; dataset?: { name?: unknown } | null };
  const images =
    dataset?.name === "synthetic"
      ? ["dataset.images=64", "dataset.test=32", "dataset.validation=32"]
      : ["dataset.train=256", "dataset.validation=64"];
  return [
    ...(typeof name === "string" ? [`name=${JSON.stringify(quickName(name))}`] : []),
    "training.epochs=1",
    "training.schedule={ name: constant }",
    "training.dropLast=false",
    ...images,
  ].map((text) => parseOverride(text, "--quick"));
}

/** The sweep with only its first seed. One epoch is too short for halving. */
export function quickSweep(sweep: Sweep): Sweep {
  return {
    ...sweep,
    name: quickName(sweep.name),
    seeds: sweep.seeds.slice(0, 1),
    question: null,
    halving: null,
  };
}

function quickName(name: string): string {
  return `${name}-quick`;
}
