// Initial values of weights: He initialisation (He et al. 2015), derived from the seed of the run and the name of the weight.

import { Worker } from "node:worker_threads";
import type { Graph } from "../network/graph.js";
import { weightsOf } from "../network/shapes.js";
import { sizeOf, type Weight } from "../network/weights.js";
import { randomStream } from "../random.js";
import { fillNormal } from "./normals.js";

/**
 * Kernels: normal with mean 0 and variance 2 / fan-in. Scales and variances: 1, unless a weight says otherwise. Random factors:
 * uniform between 0 and 1. All others: 0. A weight with the same name and shape starts with the same values in every network.
 */
function initialValues(name: string, weight: Weight, seed: number): Float32Array {
  const { role, fanIn = 1, zeroInit = false, initial = 1 } = weight;
  const values = new Float32Array(sizeOf(weight));
  if (zeroInit) return values;
  if (role === "scale" || role === "variance") return values.fill(initial);
  const random = randomStream("initial", seed, name);
  if (role === "random") return values.map(() => random.uniform());
  return role === "kernel" ? fillNormal(values, random, Math.sqrt(2 / fanIn)) : values;
}

/** Initial values of all weights. What else persists between steps starts at 0, as engines make it. */
export function initialState(graph: Graph, seed: number): Map<string, Float32Array> {
  return new Map(Array.from(weightsOf(graph), ([name, weight]) => [name, initialValues(name, weight, seed)]));
}

/** What the thread is given. */
export interface InitialDraw {
  readonly graph: Graph;
  readonly seed: number;
}

/** The same values. Many are drawn in a thread of their own while this one compiles, which takes about as long. */
export async function drawInitialState(graph: Graph, seed: number): Promise<Map<string, Float32Array>> {
  const count = Array.from(weightsOf(graph).values(), sizeOf).reduce((sum, size) => sum + size, 0);
  if (count < MANY) return initialState(graph, seed);
  const thread = new Worker(THREAD, { workerData: { graph, seed } satisfies InitialDraw });
  return new Promise((resolve, reject) => {
    thread.on("message", resolve);
    // It needs 10 GB of addresses, which may be limited though memory is not.
    thread.on("error", () => resolve(initialState(graph, seed)));
    thread.on("exit", (code) => reject(new Error(`the thread that draws initial values ended with ${code}`)));
  });
}

/** It takes a tenth of a second to draw as many, and half of that to start a thread. */
const MANY = 2e6;

const THREAD = new URL("initial-values-thread.js", import.meta.url);
