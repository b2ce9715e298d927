// One of the programs that are measured: ours. Runs training steps of one case whenever it is asked to, so that several programs can
// take turns without starting anew. Arguments: case (JSON), threads, backend, device, precision, and XLA if TensorFlow should use it.
//
// Prints a line of JSON (Ready) after the first step, then one (Burst) for each line of input, which is a number of seconds.

import { createInterface } from "node:readline";
import { checkExperiment } from "../src/config/experiment.js";
import { longForm } from "../src/config/shorthand.js";
import { parseSource } from "../src/config/source.js";
import { selectEngine } from "../src/engine/select-engine.js";
import { complexityOf } from "../src/network/complexity.js";
import { type Arithmetic, useArithmetic } from "../src/runtime/arithmetic.js";
import type { BackendChoice, Device } from "../src/runtime/devices.js";
import { timedSteps } from "../src/training/timed-steps.js";
import { type BenchCase, CLASSES, yamlOf } from "./cases.js";

export interface Ready {
  readonly engine: string;
  /** Learned ones. */
  readonly parameters: number;
  /** Multiply-accumulates of the forward pass of one image. Peers do not count them. */
  readonly macs?: number;
}

export interface Burst {
  /** Of each step, in milliseconds. */
  readonly times: readonly number[];
  /** Of all steps together. */
  readonly seconds: number;
  /** Of all threads, for a step. */
  readonly cpuMs: number;
  readonly peakMegabytes: number;
}

const [caseText = "", threads = "1", backend = "compiled", device = "cpu", precision = "float32", xla] =
  process.argv.slice(2) as [string?, string?, BackendChoice?, Device?, Arithmetic["precision"]?, "XLA"?];
const benchCase = JSON.parse(caseText) as BenchCase;
const { size, channels, batch } = benchCase;
const checked = checkExperiment(longForm(parseSource(yamlOf(benchCase), "bench.yaml")), ".");
if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join("\n"));
const { network } = checked.value;
const training = { ...checked.value.training, precision };
useArithmetic(training);
const engine = await selectEngine({ backend, device, threads: Number(threads), xla: xla !== undefined });
const shape = { batch, height: size, width: size, channels, classes: CLASSES };
const { graph, steps } = await timedSteps(engine, { network, training }, shape);
await steps();
const { params, macs } = complexityOf(graph);
answer({ engine: engine.facts.description, parameters: params.trainable, macs } satisfies Ready);
await steps();
for await (const line of createInterface(process.stdin)) answer(await burst(Number(line)));

async function burst(seconds: number): Promise<Burst> {
  const times: number[] = [];
  const start = performance.now();
  const before = process.cpuUsage();
  while (times.length < 1 || performance.now() - start < seconds * 1000) times.push(...(await steps()));
  const { user, system } = process.cpuUsage(before);
  return {
    times,
    seconds: (performance.now() - start) / 1000,
    cpuMs: (user + system) / 1000 / times.length,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
}

function answer(values: Ready | Burst): void {
  process.stdout.write(`${JSON.stringify(values)}\n`);
}
