import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { NARROW_CONV } from "../../src/compile/passes/narrow-conv.js";
import { convAttributes, traced } from "./traced.js";

describe("the pass narrow-conv", () => {
  const kernels = (from: number, to: number, options: Parameters<typeof convAttributes>[2] = {}) => {
    const attributes = convAttributes(from, to, options);
    const lines = [`x 8x4x4x${from}`, `w 3x3x${from}x${to}`, `y 8x4x4x${to} = Conv2D x w`];
    return NARROW_CONV.run(traced(lines, ["y"], { y: attributes }).graph).nodes;
  };
  it("makes the pixels of a row channels", () => {
    const conv = kernels(2, 1).find(({ kernel }) => kernel === "Conv2D");
    assert.deepEqual(
      conv?.inputs.map(({ shape }) => shape),
      [
        [8, 1, 4, 8],
        [1, 3, 8, 4],
      ],
    );
    assert.deepEqual(conv?.outputs[0]?.shape, [8, 1, 4, 4]);
  });
  const isKept = (...of: Parameters<typeof kernels>) =>
    assert.deepEqual(
      kernels(...of).map(({ kernel }) => kernel),
      ["Conv2D"],
    );
  it("keeps convolutions of more channels", () => isKept(2, 3));
  it("keeps pointwise ones", () => isKept(2, 1, { kernel: 1 }));
  it("keeps those with a stride or dilation", () => {
    isKept(2, 1, { stride: 2 });
    isKept(2, 1, { dilation: 2 });
  });
  it("keeps grouped ones", () => isKept(2, 2, { groups: 2 }));
  it("keeps those with so long rows that most multiply-adds would be with zeros", () => {
    const { info, groups } = convAttributes(2, 1);
    const wide = (inWidth: number) => {
      const attributes = { groups, info: { ...info, inWidth, outWidth: inWidth } };
      const lines = [`x 8x4x${inWidth}x2`, "w 3x3x2x1", `y 8x4x${inWidth}x1 = Conv2D x w`];
      return NARROW_CONV.run(traced(lines, ["y"], { y: attributes }).graph).nodes.length;
    };
    assert.deepEqual([wide(25), wide(24) > 1], [1, true]);
  });
});
