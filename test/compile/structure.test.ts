// The ONNX ops that the benchmark's networks are lowered to. This detects lost optimisations, which do not change any number.
// `npm run golden` updates test/golden/lowered.json.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { type BenchCase, CASES, yamlOf } from "../../bench/cases.js";
import { lower } from "../../src/compile/lower.js";
import { probeBlockSize } from "../../src/compile/onnx/block-size.js";
import { BLOCKED_DOMAIN, type OnnxNode } from "../../src/compile/onnx/graph.js";
import { GRAPH_PASSES, NODE_PASSES } from "../../src/compile/passes/passes.js";
import { trace, useTraceBackend } from "../../src/compile/trace/trace.js";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { buildModel } from "../../src/model/build-model.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { DEVICES } from "../../src/runtime/devices.js";
import { createOptimizer } from "../../src/training/optimizer.js";
import { evaluationStep, trainingStep } from "../../src/training/steps.js";
import { stateOf } from "../../src/training/training-state.js";
import { verifier } from "./verify.js";

const GOLDEN = "test/golden/lowered.json";

type Counts = Readonly<Record<string, number>>;

function lowered(benchCase: BenchCase, { block, trains }: { block: number | null; trains: boolean }): Counts {
  const checked = checkExperiment(longForm(parseSource(yamlOf(benchCase), "bench.yaml")), ".");
  assert.ok(checked.ok);
  const { size, channels, batch } = benchCase;
  const { network, training } = checked.value;
  useTraceBackend();
  const input = { shape: { height: size, width: size, channels }, classes: 10 };
  const model = buildModel(buildNetwork(network, input));
  const optimizer = createOptimizer(training.optimizer);
  const state = stateOf(model, optimizer, training);
  const shape = { batch, height: size, width: size, channels, classes: 10 };
  const step = trains
    ? trainingStep(model, { optimizer, state, shape, training, classWeights: null })
    : evaluationStep(model, { shape, state });
  const { observer, stages } = verifier(block);
  const traced = trace(step, state);
  // An array of ones as large as the images, as in tfjs' gradient of a mean, would need their memory.
  for (const { length } of traced.constants.values())
    assert.ok(length <= 4096, `a constant of ${length} numbers`);
  const { graph } = lower(traced, { block, ...DEVICES.cpu.kernels }, observer);
  assert.deepEqual(stages, [
    ...["trace", ...GRAPH_PASSES.map(({ name }) => name), "layouts"],
    ...["lower", ...NODE_PASSES.map(({ name }) => name)],
  ]);
  return countsOf(graph.nodes);
}

/** Op, such as `nchwc Conv + bias + sum + Relu` -> its number of nodes. */
function countsOf(nodes: readonly OnnxNode[]): Counts {
  const counts = new Map<string, number>();
  for (const { type, domain, inputs, attributes } of nodes) {
    const isConv = type === "Conv" && domain === BLOCKED_DOMAIN;
    const parts = [
      `${domain === BLOCKED_DOMAIN ? "nchwc " : domain === "" ? "" : `${domain} `}${type}`,
      ...(isConv && inputs[2] ? ["bias"] : []),
      ...(isConv && inputs[3] ? ["sum"] : []),
      ...(isConv && attributes.activation ? [String(attributes.activation)] : []),
    ];
    const name = parts.join(" + ");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("the ops that networks are lowered to", function () {
  this.timeout(180_000);
  const found: Record<string, Counts> = {};
  const golden = () => JSON.parse(readFileSync(GOLDEN, "utf8")) as Record<string, Counts>;

  for (const benchCase of CASES)
    for (const block of [8, null])
      for (const trains of [true, false]) {
        const name = `${benchCase.name}, ${trains ? "training" : "evaluation"}, ${block === null ? "plain" : `blocks of ${block}`}`;
        it(name, () => {
          const counts = lowered(benchCase, { block, trains });
          found[name] = counts;
          if (process.env.UPDATE_GOLDEN === undefined) assert.deepEqual(counts, golden()[name]);
        });
      }

  after(() => {
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(GOLDEN, `${JSON.stringify(found, null, 2)}\n`);
  });
});

describe("the blocked kernels", () => {
  it("are found on a processor with AVX2", async function () {
    const hasAvx2 = process.arch === "x64" && process.platform === "linux";
    if (!hasAvx2 || !/\bavx2\b/.test(readFileSync("/proc/cpuinfo", "utf8"))) this.skip();
    assert.ok([8, 16].includes((await probeBlockSize()) ?? 0));
  });
});

describe("the passes", () => {
  it("are those in ARCHITECTURE.md, in the same order and with the same purposes", () => {
    const text = readFileSync("ARCHITECTURE.md", "utf8");
    const listed = Array.from(text.matchAll(/^ {3}\| `([\w-]+)` \| (.*) \|$/gm), ([, name, purpose]) => ({
      name,
      purpose,
    }));
    const passes = [...GRAPH_PASSES, ...NODE_PASSES].map(({ name, purpose }) => ({ name, purpose }));
    assert.deepEqual(listed, passes);
  });
});
