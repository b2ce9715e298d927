// Tests each pass over ONNX graphs and each fusion rule on small graphs. `share`, `order` and `any-batch` have their own files.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Value } from "../../src/compile/graph/kernels.js";
import { OnnxBuilder } from "../../src/compile/onnx/builder.js";
import { BLOCKED_DOMAIN, type OnnxNode } from "../../src/compile/onnx/graph.js";
import { Placement } from "../../src/compile/ops/placement.js";
import { EXPAND_VIEWS } from "../../src/compile/passes/expand-views.js";
import { fuse } from "../../src/compile/passes/fuse.js";
import { FUSE_ACTIVATION } from "../../src/compile/passes/fuse-activation.js";
import { FUSE_SHIFT } from "../../src/compile/passes/fuse-shift.js";
import { FUSE_SUM } from "../../src/compile/passes/fuse-sum.js";
import type { FusionRule } from "../../src/compile/passes/fusion-rule.js";
import { JOIN_RESHAPES } from "../../src/compile/passes/join-reshapes.js";
import { graph, node } from "./nodes.js";

const conv = (text: string, parts: Partial<OnnxNode> = {}) =>
  node(text, { domain: BLOCKED_DOMAIN, outputChannels: 8, ...parts });
const shift = (text: string, group = 8) =>
  node(text, { domain: BLOCKED_DOMAIN, isShift: true, attributes: { group }, view: VIEW });
const VIEW = { inner: [1, 8, 1, 16], outer: [1, 8, 4, 4] };
const sum = (text: string) => node(text, { isBlockedSum: true });

/** Lines such as `y = Conv x w b + Relu`. "_" stands for a missing input. */
function read(nodes: readonly OnnxNode[]): string[] {
  return nodes.map(
    ({ type, inputs, outputs, attributes }) =>
      `${outputs.join(" ")} = ${[type, ...inputs.map((name) => name || "_")].join(" ")}${attributes.activation ? ` + ${attributes.activation}` : ""}`,
  );
}

/** Applies the rules to nodes of which the last output is the result. */
function check(rules: readonly FusionRule[], nodes: readonly OnnxNode[], expected: readonly string[]): void {
  const outputs = [nodes.at(-1)?.outputs[0] ?? ""];
  const fused = read(fuse(graph(nodes, { outputs }), rules).nodes);
  assert.deepEqual(fused, expected.length === 0 ? read(nodes) : expected);
}

const UNCHANGED: readonly string[] = [];

describe("the fusion rule shift", () => {
  it("turns a shift into the bias", () =>
    check([FUSE_SHIFT], [conv("c = Conv x w"), shift("y = Conv c ones b")], ["y = Conv x w b"]));
  it("turns a shift after a scaling per channel into its bias", () =>
    check(
      [FUSE_SHIFT],
      [conv("c = Conv x a", { view: VIEW }), shift("y = Conv c ones b")],
      ["y = Conv x a b"],
    ));
  it("keeps a shift per image and channel after a convolution", () =>
    check([FUSE_SHIFT], [conv("c = Conv x w"), shift("y = Conv c ones b", 16)], UNCHANGED));
  it("keeps a shift after a bias, a sum or an activation", () => {
    check([FUSE_SHIFT], [conv("c = Conv x w a"), shift("y = Conv c ones b")], UNCHANGED);
    check([FUSE_SHIFT], [conv("c = Conv x w _ s"), shift("y = Conv c ones b")], UNCHANGED);
    const active = conv("c = Conv x w", { attributes: { activation: "Relu" } });
    check([FUSE_SHIFT], [active, shift("y = Conv c ones b")], UNCHANGED);
  });
  it("keeps the shift if the convolution has other uses", () =>
    check([FUSE_SHIFT], [conv("c = Conv x w"), shift("t = Conv c ones b"), node("y = Mul t c")], UNCHANGED));
});

describe("the fusion rule sum", () => {
  it("turns either operand into the fourth input of the other", () => {
    check([FUSE_SUM], [conv("c = Conv x w"), sum("y = Add c r")], ["y = Conv x w _ r"]);
    check([FUSE_SUM], [conv("c = Conv x w b"), sum("y = Add r c")], ["y = Conv x w b r"]);
  });
  it("keeps a sum of a value with itself", () =>
    check([FUSE_SUM], [conv("c = Conv x w"), sum("y = Add c c")], UNCHANGED));
  it("keeps sums that broadcast", () =>
    check([FUSE_SUM], [conv("c = Conv x w"), node("y = Add c r")], UNCHANGED));
  it("keeps a sum after a sum or an activation", () => {
    check([FUSE_SUM], [conv("c = Conv x w _ s"), sum("y = Add c r")], UNCHANGED);
    const active = conv("c = Conv x w", { attributes: { activation: "Relu" } });
    check([FUSE_SUM], [active, sum("y = Add c r")], UNCHANGED);
  });
  it("fuses with the second operand if the first is impossible", () =>
    check(
      [FUSE_SUM],
      [conv("c = Conv x w _ s"), conv("d = Conv x w"), sum("y = Add c d")],
      ["c = Conv x w _ s", "y = Conv x w _ c"],
    ));
});

describe("the fusion rule activation", () => {
  it("turns a ReLU into the activation", () =>
    check([FUSE_ACTIVATION], [conv("c = Conv x w"), node("y = Relu c")], ["y = Conv x w + Relu"]));
  it("turns a leaky ReLU into the activation, with its slope", () => {
    const leaky = node("y = LeakyRelu c", { attributes: { alpha: 0.1 } });
    const [fused] = fuse(graph([conv("c = Conv x w"), leaky]), [FUSE_ACTIVATION]).nodes;
    assert.deepEqual(fused?.attributes, { activation: "LeakyRelu", activation_params: [0.1] });
  });
  it("turns a Clip between two numbers into the activation", () => {
    const clip = node("y = Clip c lowest highest", { limits: [0, 6] });
    const [fused] = fuse(graph([conv("c = Conv x w"), clip]), [FUSE_ACTIVATION]).nodes;
    assert.deepEqual(fused?.attributes, { activation: "Clip", activation_params: [0, 6] });
  });
  it("turns a hard sigmoid into the activation, with its slope and its shift", () => {
    const sigmoid = node("y = HardSigmoid c", { attributes: { alpha: 0.25, beta: 0.5 } });
    const [fused] = fuse(graph([conv("c = Conv x w"), sigmoid]), [FUSE_ACTIVATION]).nodes;
    assert.deepEqual(fused?.attributes, { activation: "HardSigmoid", activation_params: [0.25, 0.5] });
  });
  it("keeps a Clip whose limits are not known", () =>
    check([FUSE_ACTIVATION], [conv("c = Conv x w"), node("y = Clip c lowest highest")], UNCHANGED));
  it("keeps a second ReLU", () =>
    check(
      [FUSE_ACTIVATION],
      [conv("c = Conv x w"), node("d = Relu c"), node("y = Relu d")],
      ["d = Conv x w + Relu", "y = Relu d"],
    ));
  it("keeps the ReLU of a convolution that is not blocked", () =>
    check([FUSE_ACTIVATION], [node("c = Conv x w"), node("y = Relu c")], UNCHANGED));
});

it("shift, sum and ReLU are fused into one convolution", () =>
  check(
    [FUSE_SHIFT, FUSE_SUM, FUSE_ACTIVATION],
    [conv("c = Conv x w"), shift("d = Conv c ones b"), sum("e = Add r d"), node("y = Relu e")],
    ["y = Conv x w b r + Relu"],
  ));

it("outputs of the graph are not fused", () => {
  const nodes = [conv("c = Conv x w"), node("y = Relu c")];
  assert.deepEqual(read(fuse(graph(nodes, { outputs: ["c", "y"] }), [FUSE_ACTIVATION]).nodes), read(nodes));
});

describe("the pass expand-views", () => {
  const viewed = conv("y = Conv x a b s", { view: VIEW });
  it("adds reshapes of images, and takes outputs before their reshape", () => {
    const builder = new OnnxBuilder();
    const { nodes, outputs } = EXPAND_VIEWS.run(graph([viewed], { outputs: ["y"] }), builder);
    const [inner, outer] = [builder.ints(VIEW.inner), builder.ints(VIEW.outer)];
    assert.deepEqual(read(nodes), [
      `y:0 = Reshape x ${inner}`,
      `y:3 = Reshape s ${inner}`,
      "y:inside = Conv y:0 a b y:3",
      `y = Reshape y:inside ${outer}`,
    ]);
    assert.deepEqual(outputs.get("y"), { name: "y:inside", shape: VIEW.inner });
  });
  it("keeps other nodes", () => {
    const nodes = [conv("c = Conv x w"), node("y = Relu c")];
    assert.deepEqual(EXPAND_VIEWS.run(graph(nodes, { outputs: ["y"] }), new OnnxBuilder()).nodes, nodes);
  });
});

describe("the pass join-reshapes", () => {
  const join = (
    lines: (shapes: Readonly<Record<"flat" | "image", string>>) => OnnxNode[],
    outputs = ["y"],
  ) => {
    const builder = new OnnxBuilder();
    const shapes = { flat: builder.ints([1, 8, 1, 16]), image: builder.ints([1, 8, 4, 4]) };
    const before = graph(lines(shapes), { outputs });
    const inputs = new Map([["x", { name: "x", shape: [1, 8, 4, 4] }]]);
    const after = read(JOIN_RESHAPES.run({ ...before, inputs }, builder).nodes);
    return after.map((line) => line.replace(shapes.flat, "flat").replace(shapes.image, "image"));
  };
  it("makes a reshape of a reshape one", () =>
    assert.deepEqual(
      join(({ flat, image }) => [
        ...[node("c = Relu x"), node(`a = Reshape c ${flat}`), node(`b = Reshape a ${image}`)],
        node("y = Add b c"),
      ]),
      ["c = Relu x", "b = Reshape c image", "y = Add b c"],
    ));
  it("drops reshapes to the shape of an input, or of a node on another view", () =>
    assert.deepEqual(
      join(({ flat, image }) => [
        ...[node(`a = Reshape x ${flat}`), node("c = Conv a w", { shape: [1, 8, 1, 16] })],
        ...[node(`d = Reshape c ${image}`), node(`e = Reshape d ${flat}`), node(`b = Reshape a ${image}`)],
        node("y = Add e b"),
      ]),
      [`a = Reshape x flat`, "c = Conv a w", "y = Add c x"],
    ));
  it("keeps what is used in both shapes, and outputs", () => {
    const lines = ({ flat, image }: Readonly<Record<"flat" | "image", string>>) => [
      ...[
        node("c = Relu x"),
        node(`a = Reshape c ${flat}`),
        node("b = Sqrt a"),
        node(`y = Reshape x ${image}`),
      ],
      node("z = Add b a"),
    ];
    const kept = ["c = Relu x", "a = Reshape c flat", "b = Sqrt a", "y = Reshape x image", "z = Add b a"];
    assert.deepEqual(join(lines, ["y", "z"]), kept);
  });
});

describe("placement", () => {
  const value: Value = { id: 0, shape: [2, 4, 4, 8], dtype: "float32" };
  const check = (
    stored: readonly number[],
    asked: (placement: Placement) => string[],
    types: string[],
    block = 4,
  ) => {
    const builder = new OnnxBuilder();
    const placement = new Placement(builder, block);
    placement.put(value, "plain", "x", stored);
    const names = asked(placement);
    assert.deepEqual(
      builder.nodes.map(({ type }) => type),
      types,
    );
    return names;
  };
  it("converts on first use, and never twice", () => {
    const [first, second] = check(
      value.shape,
      (placement) => [placement.full(value, "blocked"), placement.full(value, "blocked")],
      ["ReorderInput"],
    );
    assert.equal(first, second);
  });
  it("does not convert a value that has the layout", () =>
    check(value.shape, (placement) => [placement.full(value, "plain")], []));
  it("keeps a compact value compact until it is needed in full", () => {
    check([1, 1, 1, 1], (placement) => [placement.compact(value, "plain")], []);
    check([1, 1, 1, 1], (placement) => [placement.full(value, "plain")], ["Expand"]);
  });
  it("reshapes a single block instead of reordering it", () => {
    check(value.shape, (placement) => [placement.full(value, "blocked")], ["Reshape"], 8);
    check(value.shape, (placement) => [placement.full(value, "nchw")], ["Transpose"], 8);
  });
  it("reshapes single pixels instead of reordering them", () =>
    check([2, 1, 1, 8], (placement) => [placement.compact(value, "blocked")], ["Reshape"]));
});
