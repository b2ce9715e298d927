// Initial values of weights: He initialisation (He et al. 2015), derived from the seed of the run and the name of the weight.

import type { Graph } from "../network/graph.js";
import { randomStream } from "../random.js";

const ONES = new Set(["gamma", "moving_variance", "alpha", "factor"]);

/**
 * Kernels: normal with mean 0 and variance 2 / fan-in. Factors, and gamma and moving variance of BatchNorm: 1. All others: 0.
 * A weight with the same name and shape starts with the same values in every network.
 */
export function initialValues(name: string, shape: readonly number[], seed: number): Float32Array {
  const values = new Float32Array(shape.reduce((size, dimension) => size * dimension, 1));
  const kind = name.slice(name.lastIndexOf("/") + 1);
  if (ONES.has(kind)) return values.fill(1);
  if (kind === "random_factor") {
    const random = randomStream("initial", seed, name);
    return values.map(() => random.uniform());
  }
  if (!kind.endsWith("kernel")) return values;
  // Each filter of a depthwise kernel [height, width, channels, 1] reads a single channel.
  const inputs = kind === "depthwise_kernel" ? shape.slice(0, 2) : shape.slice(0, -1);
  const fanIn = inputs.reduce((product, dimension) => product * dimension, 1);
  const deviation = Math.sqrt(2 / fanIn);
  const random = randomStream("initial", seed, name);
  for (let index = 0; index < values.length; index++) values[index] = deviation * random.normal();
  return values;
}

/** Initial values of all state that persists between steps. `shapes` includes the state of the optimizer, which starts at 0. */
export function initialState(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
): Map<string, Float32Array> {
  const zeroed = new Set(
    graph.flatMap((node) => (node.op === "batch-norm" && node.zeroInit ? [`${node.name}/gamma`] : [])),
  );
  return new Map(
    Array.from(shapes, ([name, shape]) => {
      const values = initialValues(name, shape, seed);
      return [name, zeroed.has(name) ? values.fill(0) : values];
    }),
  );
}
