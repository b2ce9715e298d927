import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { shareEqual } from "../../src/compile/share.js";
import { node } from "./nodes.js";

describe("shareEqual", () => {
  it("keeps the first of equal nodes, and of what equal nodes make equal", () => {
    const nodes = [
      node("a = Neg rate"),
      node("b = Neg rate"),
      node("c = Expand a shape"),
      node("d = Expand b shape"),
      node("e = Add c d"),
    ];
    assert.deepEqual(shareEqual(nodes, new Set(["e"])), [
      nodes[0],
      nodes[2],
      { ...nodes[4], inputs: ["c", "c"] },
    ]);
  });

  it("keeps what differs in inputs, attributes, domain or number of outputs", () => {
    const nodes = [
      node("a = MaxPool x", { kernel_shape: [2, 2] }),
      node("b = MaxPool x", { kernel_shape: [3, 3] }),
      node("c = MaxPool y", { kernel_shape: [2, 2] }),
      node("d i = MaxPool x", { kernel_shape: [2, 2] }),
      { ...node("e = MaxPool x", { kernel_shape: [2, 2] }), domain: "other" },
    ];
    assert.deepEqual(shareEqual(nodes, new Set()), nodes);
  });

  it("keeps every output of the model", () => {
    const nodes = [node("a = Identity x"), node("b = Identity x"), node("c = Identity x")];
    assert.deepEqual(shareEqual(nodes, new Set(["b", "c"])), nodes);
  });
});
