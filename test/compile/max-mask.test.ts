import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { MAX_MASK } from "../../src/compile/passes/max-mask.js";
import { traced } from "./traced.js";

describe("the pass max-mask", () => {
  const lines = ["x 2x4x4x8", "other 2x4x4x8", "m 2x8 = Max x", "r 2x1x1x8 = Reshape m"];
  const mask = (comparison: string, before = lines) => {
    const all = [...before, comparison, "y 2x4x4x8 = Cast e"];
    const { graph, read, find } = traced(all, ["y"], { m: { axes: [1, 2] } });
    const after = MAX_MASK.run(graph);
    const last = after.nodes.find(({ outputs }) => outputs[0] === find("y"));
    return { before: read(graph), after: read(after), attributes: last?.attributes };
  };
  it("turns a comparison with the maximum into a hard sigmoid of the difference", () => {
    const { after, attributes } = mask("e 2x4x4x8 = Equal x r");
    assert.deepEqual(after.slice(-2), ["new1 = Sub x r", "y = HardSigmoid new1"]);
    assert.deepEqual(attributes, { alpha: 3e38, beta: 1 });
  });
  it("does so if the maximum keeps its axes", () => {
    const kept = [...lines.slice(0, 2), "m 2x1x1x8 = Max x"];
    assert.deepEqual(mask("e 2x4x4x8 = Equal x m", kept).after.slice(-2), [
      "new1 = Sub x m",
      "y = HardSigmoid new1",
    ]);
  });
  const keeps = (comparison: string, before?: readonly string[]) => {
    const all = mask(comparison, before ? [...before] : lines);
    assert.deepEqual(all.after, all.before);
  };
  it("keeps a comparison with the maximum of something else", () => keeps("e 2x4x4x8 = Equal other r"));
  it("keeps a comparison with a minimum, which is not less than other numbers", () =>
    keeps("e 2x4x4x8 = Equal x r", lines.with(2, "m 2x8 = Min x")));
  it("keeps a comparison with the maxima of other rows", () =>
    keeps("e 2x4x4x8 = Equal x r", lines.with(3, "r 2x4x2x1 = Reshape m")));
  it("keeps another comparison", () => keeps("e 2x4x4x8 = GreaterEqual x r"));
});
