// How optimizers are lowered to TensorFlow. That the numbers are right is tested with the engines (test/engine/networks.test.ts).

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { simplified } from "../../src/compile/lower.js";
import { TENSORFLOW_PASSES } from "../../src/compile/passes/passes.js";
import { TfBuilder } from "../../src/compile/tensorflow/builder.js";
import type { TfNode } from "../../src/compile/tensorflow/graph.js";
import { lowerToTensorFlow } from "../../src/compile/tensorflow/lower.js";
import { trace, useTraceBackend } from "../../src/compile/trace/trace.js";
import { parseSource } from "../../src/config/source.js";
import { experimentOf, subjectOf } from "../engine/whole-network.js";

const SHAPE = { batch: 4, height: 6, width: 6, channels: 1, classes: 3 };
/** The weights and the moving statistics of the network. */
const LEARNED = 11;
const STATISTICS = 6;

/** Op -> the number of its nodes that a step runs. */
function opsOf(training: string): ReadonlyMap<string, number> {
  const text = `name: a\ndataset: { name: synthetic }\nnetwork: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { ${training} }`;
  useTraceBackend();
  const { step, variables } = subjectOf(experimentOf(parseSource(text, "a.yaml")), "train", SHAPE);
  const builder = new TfBuilder("");
  const handles = new Map(
    Array.from(variables.keys(), (name, index) => [
      name,
      builder.op("VarHandleOp", [], {}, { name: `${index}` }),
    ]),
  );
  const graph = simplified(trace(step, variables), { passes: TENSORFLOW_PASSES });
  const { done } = lowerToTensorFlow(builder, graph, { variables: handles, hasGpu: false });
  const counts = new Map<string, number>();
  for (const { op } of nodesBefore(done.node)) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

function nodesBefore(last: TfNode): ReadonlySet<TfNode> {
  const found = new Set([last]);
  for (const { inputs, control } of found)
    for (const node of [...inputs.map(({ node }) => node), ...control]) found.add(node);
  return found;
}

describe("TensorFlow's ops for updates", () => {
  const cases: readonly (readonly [string, string, Readonly<Record<string, number>>])[] = [
    ["momentum", "optimizer: { name: sgd, momentum: 0.9 }", { ResourceApplyMomentum: LEARNED }],
    [
      "Nesterov's momentum, weight decay",
      "optimizer: { name: sgd, momentum: 0.9, nesterov: true, weightDecay: 0.01 }",
      { ResourceApplyMomentum: LEARNED },
    ],
    ["no momentum", "optimizer: { name: sgd, momentum: 0 }", { ResourceApplyGradientDescent: LEARNED }],
    [
      "momentum, and averages of the weights",
      "ema: 0.9, optimizer: { name: sgd, momentum: 0.9 }",
      { ResourceApplyMomentum: LEARNED, AssignVariableOp: LEARNED + STATISTICS },
    ],
    // Each has two moments, which TensorFlow's Adam would scale differently.
    [
      "Adam",
      "optimizer: { name: adam }",
      { ResourceApplyGradientDescent: LEARNED, AssignVariableOp: 2 * LEARNED },
    ],
  ];
  for (const [name, training, expected] of cases)
    it(name, () => {
      const ops = opsOf(training);
      const updates = ["ResourceApplyMomentum", "ResourceApplyGradientDescent", "AssignVariableOp"];
      const found = Object.fromEntries(updates.flatMap((op) => (ops.has(op) ? [[op, ops.get(op)]] : [])));
      const { AssignVariableOp: assigned = 0, ...others } = expected;
      assert.deepEqual(found, { AssignVariableOp: assigned + STATISTICS, ...others });
    });
});
