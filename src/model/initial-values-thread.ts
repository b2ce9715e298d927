// A thread that draws the initial values of a network's weights, and ends.

import { parentPort, workerData } from "node:worker_threads";
import { type InitialDraw, initialState } from "./initial-values.js";

const { graph, seed } = workerData as InitialDraw;
const state = initialState(graph, seed);
parentPort?.postMessage(
  state,
  Array.from(state.values(), ({ buffer }) => buffer as ArrayBuffer),
);
