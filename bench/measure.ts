// One process, one case: training steps for some seconds -> a line of JSON. Arguments: case (JSON), threads, seconds, backend, device, precision.

import { checkExperiment } from "../src/config/experiment.js";
import { longForm } from "../src/config/shorthand.js";
import { parseSource } from "../src/config/source.js";
import { selectEngine } from "../src/engine/select-engine.js";
import { buildModel } from "../src/model/build-model.js";
import { initialState } from "../src/model/initial-values.js";
import { buildNetwork } from "../src/network/build-network.js";
import { complexityOf } from "../src/network/complexity.js";
import { randomStream } from "../src/random.js";
import { type Arithmetic, useArithmetic } from "../src/runtime/arithmetic.js";
import type { BackendChoice, Device } from "../src/runtime/devices.js";
import { createOptimizer } from "../src/training/optimizer.js";
import { trainingStep } from "../src/training/steps.js";
import { stateOf } from "../src/training/training-state.js";
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
  const graph = buildNetwork(network, { shape: { height: size, width: size, channels }, classes: CLASSES });
  const optimizer = createOptimizer(training.optimizer);
  const { model, state } = engine.build(() => {
    const model = buildModel(graph);
    return { model, state: stateOf(model, optimizer, training) };
  });
  engine.writeState(initialState(graph, state, 1));
  const shape = { batch, height: size, width: size, channels, classes: CLASSES };
  const program = await engine.compile(
    trainingStep(model, { optimizer, state, shape, training, classWeights: null }),
  );
  const random = randomStream("bench");
  const images = Float32Array.from({ length: batch * size * size * channels }, () => random.uniform());
  const labels = new Float32Array(batch * CLASSES);
  for (let row = 0; row < batch; row++) labels[row * CLASSES + random.integer(CLASSES)] = 1;
  const step = async (index: number) => {
    const start = performance.now();
    const scalars = Object.entries(optimizer.scalarValues(index + 1)).map(([name, value]) => [
      name,
      Float32Array.of(value),
    ]);
    await program.run({
      images,
      labels,
      learning_rate: Float32Array.of(0.01),
      ...Object.fromEntries(scalars),
    });
    return performance.now() - start;
  };
  await step(0);
  const firstStepSeconds = performance.now() / 1000;
  const times: number[] = [];
  const start = performance.now();
  const before = process.cpuUsage();
  while (Number(seconds) > 0 && (times.length < 1 || performance.now() - start < Number(seconds) * 1000))
    times.push(await step(times.length + 1));
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
