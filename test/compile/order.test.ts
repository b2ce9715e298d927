import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { OnnxBuilder } from "../../src/compile/onnx/builder.js";
import type { OnnxNode } from "../../src/compile/onnx/graph.js";
import { ORDER } from "../../src/compile/passes/order.js";
import { graph, node } from "./nodes.js";

const order = (nodes: readonly OnnxNode[]) =>
  ORDER.run(graph(nodes, { fed: ["images"] }), new OnnxBuilder()).nodes;

describe("the pass order", () => {
  it("returns the same nodes in topological order", () => {
    const nodes = trainingStep(20);
    const ordered = order(nodes);
    assert.deepEqual(new Set(ordered), new Set(nodes));
    assert.equal(ordered.length, nodes.length);
    const made = new Set<string>();
    const all = new Set(nodes.flatMap(({ outputs }) => outputs));
    for (const { inputs, outputs } of ordered) {
      for (const name of inputs) assert.ok(!all.has(name) || made.has(name), `${name} is used too early`);
      for (const name of outputs) made.add(name);
    }
  });

  it("lists new weights in the order of their layers, the reverse of which is the order of execution", () => {
    const nodes = trainingStep(20);
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const last = (all: readonly OnnxNode[]) =>
      all.flatMap(({ outputs }) => outputs).filter((name) => !used.has(name));
    assert.equal(last(nodes).length, 20);
    assert.deepEqual(last(order(nodes)), last(nodes));
  });

  it("lets each weight be updated before gradients of the layers before it are computed", () => {
    const depth = 20;
    const up = Array.from({ length: depth }, (_, index) => index + 1);
    // As `join-updates` makes them: the last nodes of the trace, which need the gradients of all layers.
    const joined = [
      node(`small = Concat ${up.map((layer) => `d${layer}`).join(" ")}`),
      node("decayed = Mul velocity momentum"),
      node("v = Add decayed small"),
      node("new = Sub weight v"),
    ];
    const places = new Map(
      executed(order([...trainingStep(depth), ...joined])).map(({ outputs }, index) => [outputs[0], index]),
    );
    const place = (name: string) => places.get(name) as number;
    for (const layer of up.slice(1))
      assert.ok(place(`new${layer}`) < place(`d${layer - 1}`), `layer ${layer}`);
  });

  it("puts nodes that depend only on state before those that depend on images", () => {
    const nodes = [node("x = Transpose images"), node("w = Reshape state"), node("y = Conv x w")];
    assert.deepEqual(
      order([...nodes, node("loss = Sum y")]).map(({ outputs }) => outputs[0]),
      ["w", "x", "y", "loss"],
    );
  });

  it("keeps the list short: little more than nodes that are ready from the start, and weights that wait for their turn", () => {
    const depth = 200;
    const nodes = trainingStep(depth);
    const starts = 2 * depth;
    const back = 4 * depth;
    const least = (starts * (starts - 1)) / 2 + (back * depth) / 2;
    assert.ok(steps(order(nodes)) < 1.02 * least);
    assert.ok(steps(nodes) > 3 * least);
  });
});

/** In the traced order: all layers forward, all layers backward, and then the updates of their weights. */
function trainingStep(depth: number): OnnxNode[] {
  const up = Array.from({ length: depth }, (_, index) => index + 1);
  const forward = up.flatMap((layer) => [
    node(`w${layer} = Reshape weight${layer}`),
    node(`y${layer} = Conv ${layer === 1 ? "images" : `y${layer - 1}`} w${layer}`),
  ]);
  const back = up
    .toReversed()
    .flatMap((layer) => [
      node(`mask${layer} = HardSigmoid y${layer}`),
      node(`d${layer} = Mul ${layer === depth ? `y${layer}` : `d${layer + 1}`} mask${layer}`),
      node(`x${layer} = ReorderInput y${layer}`),
      node(`g${layer} = Conv x${layer} d${layer}`),
    ]);
  const updates = up.flatMap((layer) => [
    node(`decayed${layer} = Mul velocity${layer} momentum`),
    node(`v${layer} = Add decayed${layer} g${layer}`),
    node(`new${layer} = Sub weight${layer} v${layer}`),
  ]);
  return [...forward, ...back, ...updates];
}

/** In the order in which ONNX Runtime executes them: back from each node whose outputs are unused, beginning with the last. */
function executed(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap((maker) => maker.outputs.map((name) => [name, maker] as const)));
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const done = new Set<OnnxNode>();
  const visit = (next: OnnxNode) => {
    if (done.has(next)) return;
    for (const name of next.inputs) {
      const maker = makers.get(name);
      if (maker) visit(maker);
    }
    done.add(next);
  };
  for (const last of nodes.toReversed()) if (last.outputs.every((name) => !used.has(name))) visit(last);
  return [...done];
}

/** The number of steps along its list of ready nodes that ONNX Runtime takes to sort the graph once. */
function steps(nodes: readonly OnnxNode[]): number {
  const makers = new Map(
    nodes.flatMap(({ outputs }, index) => outputs.map((name) => [name, index] as const)),
  );
  const missing = nodes.map(({ inputs }) => inputs.filter((name) => makers.has(name)).length);
  const waiting = new Set<number>();
  let count = 0;
  const join = (index: number) => {
    count += waiting.size;
    waiting.add(index);
  };
  for (const [index, left] of missing.entries()) if (left === 0) join(index);
  while (waiting.size > 0) {
    const taken = Math.min(...waiting);
    waiting.delete(taken);
    const outputs = new Set(nodes[taken]?.outputs);
    for (const [index, { inputs }] of nodes.entries()) {
      const uses = inputs.filter((name) => outputs.has(name)).length;
      if (uses === 0) continue;
      missing[index] = (missing[index] as number) - uses;
      if (missing[index] === 0) join(index);
    }
  }
  return count;
}
