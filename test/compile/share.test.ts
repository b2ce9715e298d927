import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { OnnxBuilder } from "../../src/compile/onnx/builder.js";
import type { OnnxNode } from "../../src/compile/onnx/graph.js";
import { SHARE } from "../../src/compile/passes/share.js";
import { graph, node } from "./nodes.js";

const share = (nodes: readonly OnnxNode[], outputs: readonly string[]) =>
  SHARE.run(graph(nodes, { outputs }), new OnnxBuilder()).nodes;

describe("the pass share", () => {
  it("keeps the first of equal nodes, including nodes that become equal", () => {
    const nodes = [
      node("a = Neg rate"),
      node("b = Neg rate"),
      node("c = Expand a shape"),
      node("d = Expand b shape"),
      node("e = Add c d"),
    ];
    assert.deepEqual(share(nodes, ["e"]), [nodes[0], nodes[2], { ...nodes[4], inputs: ["c", "c"] }]);
  });

  it("keeps nodes that differ in inputs, attributes, domain or number of outputs", () => {
    const nodes = [
      node("a = MaxPool x", { attributes: { kernel_shape: [2, 2] } }),
      node("b = MaxPool x", { attributes: { kernel_shape: [3, 3] } }),
      node("c = MaxPool y", { attributes: { kernel_shape: [2, 2] } }),
      node("d i = MaxPool x", { attributes: { kernel_shape: [2, 2] } }),
      { ...node("e = MaxPool x", { attributes: { kernel_shape: [2, 2] } }), domain: "other" },
    ];
    assert.deepEqual(share(nodes, []), nodes);
  });

  it("keeps every output of the model", () => {
    const nodes = [node("a = Identity x"), node("b = Identity x"), node("c = Identity x")];
    assert.deepEqual(share(nodes, ["b", "c"]), nodes);
  });
});
