// Checks the invariants of graphs between passes: each value is computed once and before it is used, shapes agree, and layouts
// are possible.

import assert from "node:assert/strict";
import {
  isSameShape,
  resultsOf,
  sizeOfShape,
  type TracedGraph,
  type TracedNode,
} from "../../src/compile/graph/graph.js";
import type { Value } from "../../src/compile/graph/kernels.js";
import type { Observer } from "../../src/compile/observer.js";
import { OPS } from "../../src/compile/ops/ops.js";

/** An observer that throws if a graph is invalid, and the list of the stages that it has checked. */
export function verifier(block: number | null): { observer: Observer; stages: string[] } {
  const stages: string[] = [];
  return {
    stages,
    observer: {
      traced: (stage, graph) => {
        stages.push(stage);
        verifyTraced(stage, graph);
      },
      layouts: (graph, layoutOf) => {
        stages.push("layouts");
        for (const value of graph.nodes.flatMap(({ outputs }) => [...outputs])) {
          const layout = layoutOf(value);
          if (layout !== "plain") assert.equal(value.shape.length, 4, `%${value.id} is ${layout}`);
          if (layout === "blocked") assert.equal((value.shape[3] ?? 0) % (block ?? 0), 0, `%${value.id}`);
        }
      },
      lowered: (stage, { nodes, inputs, stateInputs, outputs, stateOutputs }, builder) => {
        stages.push(stage);
        const made = new Set([...inputs.values(), ...stateInputs.values()].map(({ name }) => name));
        for (const { type, inputs, outputs, origin } of nodes) {
          for (const name of inputs)
            assert.ok(
              name === "" || made.has(name) || builder.constant(name),
              `${stage}: ${type} of ${origin} uses ${name} before it is made`,
            );
          for (const name of outputs) {
            assert.ok(!made.has(name), `${stage}: ${name} is made twice`);
            made.add(name);
          }
        }
        for (const { name } of [...outputs.values(), ...stateOutputs.values()])
          assert.ok(made.has(name), `${stage}: the result ${name} is never made`);
      },
    },
  };
}

function verifyTraced(stage: string, graph: TracedGraph): void {
  const made = new Set<Value>([
    ...graph.inputs.map(({ value }) => value),
    ...graph.state.map(({ before }) => before),
    ...graph.constants.keys(),
  ]);
  for (const node of graph.nodes) {
    const where = `${stage}: ${node.kernel} of ${node.layer}`;
    for (const value of node.inputs)
      assert.ok(made.has(value), `${where} uses %${value.id} before it is made`);
    for (const value of node.outputs) {
      assert.ok(!made.has(value), `${where}: %${value.id} is made twice`);
      made.add(value);
    }
    verifyShapes(where, node);
  }
  for (const value of resultsOf(graph)) assert.ok(made.has(value), `${stage}: %${value.id} is never made`);
}

function verifyShapes(where: string, node: TracedNode): void {
  const same = (value: Value, shape: readonly number[]) =>
    assert.ok(
      isSameShape(value.shape, shape),
      `${where}: ${value.shape.join("x")} is not ${shape.join("x")}`,
    );
  switch (node.kernel) {
    case "Conv2D":
      same(node.inputs[0], node.attributes.info.inShape);
      same(node.outputs[0], node.attributes.info.outShape);
      return;
    case "Conv2DBackpropInput":
      same(node.inputs[0], node.attributes.info.outShape);
      same(node.outputs[0], node.attributes.info.inShape);
      return;
    case "Conv2DBackpropFilter":
      same(node.inputs[0], node.attributes.info.inShape);
      same(node.inputs[1], node.attributes.info.outShape);
      return;
    case "BatchNormTrain":
    case "BatchNormTrainGradient":
    case "FusedBatchNorm":
      same(node.outputs[0], node.inputs[0].shape);
      return;
    case "Reshape":
      assert.equal(sizeOfShape(node.outputs[0].shape), sizeOfShape(node.inputs[0].shape), where);
      return;
    case "PixelDot":
      same(node.inputs[0], node.inputs[1].shape);
      return;
    default:
      if (OPS[node.kernel].layout === "follow")
        same(node.outputs[0], broadcast(node.inputs.map(({ shape }) => shape)));
  }
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}
