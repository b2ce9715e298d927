// Each pass over traced graphs, on graphs of a few nodes.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { DROP_UNUSED } from "../../src/compile/passes/drop-unused.js";
import { assignLayouts } from "../../src/compile/passes/layouts.js";
import type { GraphPass } from "../../src/compile/passes/pass.js";
import { PIXEL_DOT } from "../../src/compile/passes/pixel-dot.js";
import { RELU_GRADIENT } from "../../src/compile/passes/relu-gradient.js";
import { SCALED_SUM } from "../../src/compile/passes/scaled-sum.js";
import { convAttributes, traced } from "./traced.js";

interface Case {
  readonly lines: readonly string[];
  readonly attributes?: Readonly<Record<string, object>>;
  /** The last line makes the result. What is expected of that line; "unchanged" of all. */
  readonly expected: string;
}

/** What the pass makes of the node that makes the result. */
function check(pass: GraphPass, { lines, attributes, expected }: Case): void {
  const result = lines.at(-1)?.split(" ")[0] ?? "";
  const { graph, read } = traced(lines, [result], attributes);
  const after = read(pass.run(graph));
  const before = read(graph);
  assert.deepEqual(
    after,
    expected === "unchanged" ? before : [...before.slice(0, -1), `${result} = ${expected}`],
  );
}

describe("the pass relu-gradient", () => {
  const lines = ["x 4x8", "dy 4x8", "y 4x8 = Relu x", "m 4x8 = Step x", "dx 4x8 = Multiply dy m"];
  it("joins dy * step(x) where x went through a ReLU", () =>
    check(RELU_GRADIENT, { lines, attributes: { m: { alpha: 0 } }, expected: "ReluGradient dy y" }));
  it("leaves a step with a slope", () =>
    check(RELU_GRADIENT, { lines, attributes: { m: { alpha: 0.1 } }, expected: "unchanged" }));
  it("leaves a step of something else", () =>
    check(RELU_GRADIENT, {
      lines: lines.map((line) => line.replace("Relu x", "Tanh x")),
      attributes: { m: { alpha: 0 } },
      expected: "unchanged",
    }));
});

describe("the pass pixel-dot", () => {
  const lines = ["a 2x4x4x8", "b 2x4x4x8", "p 2x4x4x8 = Multiply a b", "s 2x8 = Sum p"];
  it("joins a sum over height and width of a product", () =>
    check(PIXEL_DOT, { lines, attributes: { s: { axes: [1, 2] } }, expected: "PixelDot a b" }));
  it("leaves sums over other axes", () =>
    check(PIXEL_DOT, { lines, attributes: { s: { axes: [0, 1, 2] } }, expected: "unchanged" }));
  it("leaves products that broadcast", () =>
    check(PIXEL_DOT, {
      lines: lines.with(1, "b 2x1x1x8"),
      attributes: { s: { axes: [1, 2] } },
      expected: "unchanged",
    }));
});

describe("the pass scaled-sum", () => {
  const lines = ["x 4x8", "y 4x8", "rate", "p 4x8 = Multiply x rate"];
  const joins = (last: string, expected: string) =>
    check(SCALED_SUM, { lines: [...lines, `z 4x8 = ${last}`], expected });
  it("joins a product by a number before a sum", () => joins("Add p y", "ScaledSum x rate y"));
  it("and after it", () => joins("Add y p", "ScaledSum x rate y"));
  it("joins what is subtracted", () => joins("Sub y p", "ScaledSum x rate y"));
  it("leaves what something is subtracted from", () => joins("Sub p y", "unchanged"));
  it("leaves products of tensors", () =>
    check(SCALED_SUM, {
      lines: ["x 4x8", "y 4x8", "rate 4x8", "p 4x8 = Multiply x rate", "z 4x8 = Add p y"],
      expected: "unchanged",
    }));
  it("leaves sums that broadcast", () =>
    check(SCALED_SUM, {
      lines: ["x 8", "y 4x8", "rate", "p 8 = Multiply x rate", "z 4x8 = Add p y"],
      expected: "unchanged",
    }));
  it("says whether it is a sum or a difference", () => {
    for (const [kernel, sign] of [
      ["Add", 1],
      ["Sub", -1],
    ] as const) {
      const { graph } = traced([...lines, `z 4x8 = ${kernel} y p`], ["z"]);
      assert.deepEqual(SCALED_SUM.run(graph).nodes.at(-1)?.attributes, { sign });
    }
  });
});

describe("the pass drop-unused", () => {
  it("drops what no result needs, and what only that needs", () => {
    const { graph, read } = traced(
      ["x 4x8", "a 4x8 = Relu x", "b 4x8 = Exp x", "c 4x8 = Tanh b", "y 4x8 = Neg a"],
      ["y"],
    );
    assert.deepEqual(read(DROP_UNUSED.run(graph)), ["a = Relu x", "y = Neg a"]);
  });
  it("keeps what becomes state", () => {
    const { graph, find, read } = traced(["w 4x8", "after 4x8 = Relu w"], []);
    const state = [{ name: "w", before: find("w"), after: find("after") }];
    assert.deepEqual(read(DROP_UNUSED.run({ ...graph, state })), ["after = Relu w"]);
  });
});

describe("layouts", () => {
  /** Of the value y that a node, and what follows it, makes of x (8 channels) and others. */
  const check = (
    lines: readonly string[],
    expected: string,
    { attributes = {}, block = 8 as number | null } = {},
  ) => {
    const { graph, find } = traced(["x 8x4x4x8", "w 3x3x8x8", "s 8", ...lines], ["y"], attributes);
    assert.equal(assignLayouts(graph, block)(find("y")), expected);
  };
  const conv = (from: number, to: number, options = {}) => ({ y: convAttributes(from, to, options) });
  const forward = ["y 8x4x4x8 = Conv2D x w"];
  it("a convolution of whole blocks is blocked", () => check(forward, "blocked", { attributes: conv(8, 8) }));
  it("from few channels too", () => check(forward, "blocked", { attributes: conv(3, 8) }));
  it("to other than whole blocks it is nchw", () => check(forward, "nchw", { attributes: conv(8, 12) }));
  it("dilated it is nchw", () => check(forward, "nchw", { attributes: conv(8, 8, { dilation: 2 }) }));
  it("depthwise it is blocked", () => check(forward, "blocked", { attributes: conv(8, 8, { groups: 8 }) }));
  it("without blocked kernels it is nchw", () =>
    check(forward, "nchw", { attributes: conv(8, 8), block: null }));
  const backward = ["y 8x4x4x8 = Conv2DBackpropInput x w"];
  it("so is an input gradient of a stride of 1", () =>
    check(backward, "blocked", { attributes: conv(8, 8) }));
  it("of a larger stride it is nchw", () =>
    check(backward, "nchw", { attributes: conv(8, 8, { stride: 2 }) }));
  it("unless it is that of a 1x1 kernel", () =>
    check(backward, "blocked", { attributes: conv(8, 8, { stride: 2, kernel: 1 }) }));
  it("a filter gradient is plain", () =>
    check(["y 3x3x8x8 = Conv2DBackpropFilter x w"], "plain", { attributes: conv(8, 8) }));
  const after = (...lines: string[]) => ["c 8x4x4x8 = Conv2D x w", ...lines];
  const follows = (lines: string[], expected: string) =>
    check(after(...lines), expected, { attributes: { c: convAttributes(8, 8), y: { axis: 3 } } });
  it("element-wise kernels follow", () => follows(["y 8x4x4x8 = Relu c"], "blocked"));
  it("so do sums with a vector", () => follows(["y 8x4x4x8 = Add c s"], "blocked"));
  it("so do sums with a plain image", () => follows(["y 8x4x4x8 = Add x c"], "blocked"));
  it("BatchNorm follows", () => follows(["y 8x4x4x8 = BatchNormTrain c s s"], "blocked"));
  it("the gradient of a ReLU follows", () => follows(["y 8x4x4x8 = ReluGradient c c"], "blocked"));
  it("pooling follows", () => follows(["y 8x2x2x8 = MaxPool c"], "blocked"));
  it("the gradient of pooling is nchw", () => follows(["y 8x4x4x8 = AvgPoolGrad c"], "nchw"));
  it("whole blocks side by side are blocked", () => follows(["y 8x4x4x16 = Concat c c"], "blocked"));
  it("others are nchw", () => follows(["t 8x4x4x3 = Slice x", "y 8x4x4x11 = Concat c t"], "nchw"));
  it("matrices are plain", () => follows(["m 8x8 = Mean c", "y 8x8 = BatchMatMul m s"], "plain"));
  it("what never met a convolution is plain", () => check(["y 8x4x4x8 = Relu x"], "plain"));
});
