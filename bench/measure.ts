// One process, one case: training steps for some seconds -> a line of JSON. Arguments: case (JSON), threads, seconds, backend, device, precision.

import { checkExperiment } from "../src/config/experiment.js";
import { longForm } from "../src/config/shorthand.js";
import { parseSource } from "../src/config/source.js";
import { selectEngine } from "../src/engine/select-engine.js";
import { complexityOf } from "../src/network/complexity.js";
import { type Arithmetic, useArithmetic } from "../src/runtime/arithmetic.js";
import type { BackendChoice, Device } from "../src/runtime/devices.js";
import { timedSteps } from "../src/training/timed-steps.js";
import { type BenchCase, yamlOf } from "./cases.js";

export interface Measurement {
  readonly medianMs: number;
  readonly imagesPerSecond: number;
  /** Of all threads, for a step. */
  readonly cpuMs: number;
  readonly peakMegabytes: number;
  /** From the start of the process to the end of its first step. */
  readonly firstStepSeconds: number;
  /** Multiply-accumulates of the forward pass of one image. */
  readonly macs: number;
  readonly engine: string;
}

const CLASSES = 10;
const [
  caseText = "",
  threads = "1",
  seconds = "5",
  backend = "compiled",
  device = "cpu",
  precision = "float32",
] = process.argv.slice(2) as [string?, string?, string?, BackendChoice?, Device?, Arithmetic["precision"]?];
const benchCase = JSON.parse(caseText) as BenchCase;
process.stdout.write(`${JSON.stringify(await measure(benchCase))}\n`);

async function measure(benchCase: BenchCase): Promise<Measurement> {
  const { size, channels, batch } = benchCase;
  const checked = checkExperiment(longForm(parseSource(yamlOf(benchCase), "bench.yaml")), ".");
  if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join("\n"));
  const { network } = checked.value;
  const training = { ...checked.value.training, precision };
  useArithmetic(training);
  const engine = await selectEngine({
    backend,
    device,
    threads: Number(threads),
  });
  const shape = { batch, height: size, width: size, channels, classes: CLASSES };
  const { graph, step } = await timedSteps(engine, { network, training }, shape);
  await step();
  const firstStepSeconds = performance.now() / 1000;
  const times: number[] = [];
  const start = performance.now();
  const before = process.cpuUsage();
  while (Number(seconds) > 0 && (times.length < 1 || performance.now() - start < Number(seconds) * 1000))
    times.push(await step());
  const elapsed = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const medianMs = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? firstStepSeconds * 1000;
  return {
    medianMs,
    imagesPerSecond: (times.length * batch) / elapsed,
    cpuMs: (user + system) / 1000 / times.length,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    firstStepSeconds,
    macs: complexityOf(graph).macs,
    engine: engine.facts.description,
  };
}
