// Tests each pass over traced graphs on small graphs.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { DROP_UNUSED } from "../../src/compile/passes/drop-unused.js";
import { FILTER_FACTOR } from "../../src/compile/passes/filter-factor.js";
import { FOLD_BATCH_NORM } from "../../src/compile/passes/fold-batch-norm.js";
import { GATED_BATCH_NORM } from "../../src/compile/passes/gated-batch-norm.js";
import { GATED_GRADIENT } from "../../src/compile/passes/gated-gradient.js";
import { HARD_SIGMOID } from "../../src/compile/passes/hard-sigmoid.js";
import { JOIN_UPDATES } from "../../src/compile/passes/join-updates.js";
import { assignLayouts } from "../../src/compile/passes/layouts.js";
import type { GraphPass } from "../../src/compile/passes/pass.js";
import { PIXEL_DOT } from "../../src/compile/passes/pixel-dot.js";
import { RELU_GRADIENT } from "../../src/compile/passes/relu-gradient.js";
import { SCALED_SUM } from "../../src/compile/passes/scaled-sum.js";
import { convAttributes, traced } from "./traced.js";

interface Case {
  readonly lines: readonly string[];
  readonly attributes?: Readonly<Record<string, object>>;
  /** The last line, which computes the result, after the pass; or "unchanged". */
  readonly expected: string;
}

/** Checks the effect of a pass on the last node. */
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
  it("joins dy * step(x) if x is the input of a ReLU", () =>
    check(RELU_GRADIENT, { lines, attributes: { m: { alpha: 0 } }, expected: "ReluGradient dy y" }));
  it("keeps a step with a slope", () =>
    check(RELU_GRADIENT, { lines, attributes: { m: { alpha: 0.1 } }, expected: "unchanged" }));
  it("keeps a step of a value whose ReLU is computed later", () =>
    check(RELU_GRADIENT, {
      lines: [
        ...["x 4x8", "dy 4x8", "m 4x8 = Step x", "p 4x8 = Multiply dy m", "y 4x8 = Relu x"],
        "s 4x8 = Add p y",
      ],
      attributes: { m: { alpha: 0 } },
      expected: "unchanged",
    }));
  it("keeps a step of a value that is not the input of a ReLU", () =>
    check(RELU_GRADIENT, {
      lines: lines.map((line) => line.replace("Relu x", "Tanh x")),
      attributes: { m: { alpha: 0 } },
      expected: "unchanged",
    }));
  const six = [
    ...["x 4x8", "dy 4x8", "six = 6", "y 4x8 = Relu6 x", "b 4x8 = LessEqual x six", "s 4x8 = Step x"],
    ...["f 4x8 = Cast b", "m 4x8 = Multiply f s", "dx 4x8 = Multiply dy m"],
  ];
  const joins = (expected: string, from = "", to = "") =>
    check(RELU_GRADIENT, {
      lines: six.map((line) => (line.startsWith(from) ? line.replace(from, to) : line)),
      attributes: { s: { alpha: 0 } },
      expected,
    });
  it("joins dy * (x <= 6) * step(x) if x is the input of a ReLU6", () => joins("Relu6Gradient dy y"));
  it("keeps another limit", () => joins("unchanged", "six = 6", "six = 5"));
  it("keeps a limit of another value", () =>
    joins("unchanged", "b 4x8 = LessEqual x", "b 4x8 = LessEqual dy"));
  it("keeps a step of a value that is not the input of a ReLU6", () =>
    joins("unchanged", "y 4x8 = Relu6", "y 4x8 = Tanh"));
});

describe("the pass hard-sigmoid", () => {
  const lines = ["x 4x8", "sixth = 0.25", "half = 0.5", "p 4x8 = Multiply x sixth", "s 4x8 = Add p half"];
  const cut = (attributes: object, expected: string, before = lines) =>
    check(HARD_SIGMOID, {
      lines: [...before, "y 4x8 = ClipByValue s"],
      attributes: { y: attributes },
      expected,
    });
  it("joins a line that is cut off at 0 and 1", () => {
    cut({ clipValueMin: 0, clipValueMax: 1 }, "HardSigmoid x");
    const { graph, find } = traced([...lines, "y 4x8 = ClipByValue s"], ["y"], {
      y: { clipValueMin: 0, clipValueMax: 1 },
    });
    const node = HARD_SIGMOID.run(graph).nodes.find(({ outputs }) => outputs[0] === find("y"));
    assert.deepEqual(node?.attributes, { alpha: 0.25, beta: 0.5 });
  });
  it("keeps one that is cut off elsewhere", () => cut({ clipValueMin: 0, clipValueMax: 6 }, "unchanged"));
  it("keeps one whose slope is not a number that is known", () =>
    cut({ clipValueMin: 0, clipValueMax: 1 }, "unchanged", [
      "x 4x8",
      "rate",
      "half = 0.5",
      "p 4x8 = Multiply x rate",
      "s 4x8 = Add p half",
    ]));
});

describe("the pass pixel-dot", () => {
  const lines = ["a 2x4x4x8", "b 2x4x4x8", "p 2x4x4x8 = Multiply a b", "s 2x8 = Sum p"];
  it("joins the sum of a product over height and width", () =>
    check(PIXEL_DOT, { lines, attributes: { s: { axes: [1, 2] } }, expected: "PixelDot a b" }));
  it("keeps sums over other axes", () =>
    check(PIXEL_DOT, { lines, attributes: { s: { axes: [0, 1, 2] } }, expected: "unchanged" }));
  it("keeps products with a map that is repeated for all channels", () =>
    check(PIXEL_DOT, {
      lines: ["a 2x4x4x8", "m 2x4x4x1", "b 2x4x4x8 = Tile m", ...lines.slice(2)],
      attributes: { s: { axes: [1, 2] } },
      expected: "unchanged",
    }));
  it("keeps products that broadcast", () =>
    check(PIXEL_DOT, {
      lines: lines.with(1, "b 2x1x1x8"),
      attributes: { s: { axes: [1, 2] } },
      expected: "unchanged",
    }));
});

describe("the pass fold-batch-norm", () => {
  const lines = [
    ...["x 8x4x4x4", "w 3x3x4x8", "mean 8", "variance 8", "offset 8", "gamma 8", "c 8x4x4x8 = Conv2D x w"],
    "y 8x4x4x8 = FusedBatchNorm c mean variance offset gamma",
  ];
  const kernels = (lines: readonly string[], outputs: readonly string[], products = "float32") => {
    const { graph } = traced(lines, outputs, { y: { epsilon: 1e-3 } });
    const { nodes } = FOLD_BATCH_NORM.run({ ...graph, products: products as "float32" });
    return nodes.map(({ kernel }) => kernel).join(" ");
  };
  const folded = "Add Rsqrt Multiply Multiply Sub Multiply Conv2D Add";
  it("scales the filter instead of the images", () => {
    assert.equal(kernels(lines, ["y"]), folded);
    const { graph, find } = traced(lines, ["y"], { y: { epsilon: 1e-3 } });
    const { nodes, constants } = FOLD_BATCH_NORM.run(graph);
    const conv = nodes.at(-2);
    assert.deepEqual([conv?.inputs[0], nodes.at(-1)?.outputs[0]], [find("x"), find("y")]);
    assert.deepEqual(conv?.inputs[1], nodes.at(-3)?.outputs[0]);
    assert.deepEqual([...constants.values()], [[1e-3]]);
  });
  it("keeps a BatchNorm whose convolution has other uses", () => {
    assert.equal(kernels(lines, ["y", "c"]), "Conv2D FusedBatchNorm");
    assert.equal(kernels([...lines, "z 8x4x4x8 = Add c y"], ["z"]), "Conv2D FusedBatchNorm Add");
  });
  const changed = (from: string, to: string) =>
    kernels(
      lines.map((line) => line.replaceAll(from, to)),
      ["y"],
    );
  it("keeps one that costs less than scaling the filter", () =>
    assert.equal(changed("8x4x4", "1x4x4"), "Conv2D FusedBatchNorm"));
  it("keeps one of other values than those of a convolution", () =>
    assert.equal(changed("Conv2D x w", "Relu x"), "Relu FusedBatchNorm"));
  it("keeps all if products are rounded", () =>
    assert.equal(kernels(lines, ["y"], "bfloat16"), "Conv2D FusedBatchNorm"));
});

/** Checks all nodes after a pass. */
function checkAll(
  pass: GraphPass,
  lines: readonly string[],
  {
    results,
    attributes = {},
    expected,
  }: Omit<Case, "lines" | "expected"> & {
    readonly results: readonly string[];
    readonly expected: readonly string[] | "unchanged";
  },
): void {
  const { graph, read } = traced(lines, results, attributes);
  assert.deepEqual(read(pass.run(graph)), expected === "unchanged" ? read(graph) : expected);
}

describe("the pass gated-batch-norm", () => {
  const norm = [
    ...["x 2x4x4x8", "gamma 8", "beta 8", "dz 2x4x4x8"],
    "y 2x4x4x8, mean 8, scale 8, variance 8 = BatchNormTrain x gamma beta",
  ];
  const rest = [
    ...["m 2x8 = Mean y", "s 2x8 = Sigmoid m", "gate 2x1x1x8 = Reshape s", "z 2x4x4x8 = Multiply y gate"],
    "dots 2x8 = PixelDot dz y",
  ];
  const attributes = { m: { axes: [1, 2] } };
  const results = ["z", "dots"];
  it("scales the input of BatchNorm, and replaces sums over its output", () =>
    checkAll(GATED_BATCH_NORM, [...norm, ...rest], {
      ...{ results, attributes },
      expected: [
        "mean scale variance = BatchNormMoments x",
        ...["new1 = Multiply gamma scale", "new2 = Multiply mean new1", "new3 = Sub beta new2"],
        ...["new4 = Mean x", "new5 = Multiply new4 new1", "m = Add new5 new3", "s = Sigmoid m"],
        ...["gate = Reshape s", "new6 = Multiply gate new1", "new7 = Multiply gate new3"],
        ...["z = ChannelAffine x new6 new7", "new8 = PixelDot dz x", "new9 = Sum dz"],
        ...["new10 = Multiply new8 new1", "new11 = Multiply new9 new3", "dots = Add new10 new11"],
      ],
    }));
  const keeps = (lines: readonly string[], more: object = {}) =>
    checkAll(GATED_BATCH_NORM, lines, { results, attributes, expected: "unchanged", ...more });
  it("keeps one whose output is used otherwise, too", () => {
    keeps([...norm, ...rest, "other 2x4x4x8 = Relu y"]);
    keeps([...norm, ...rest], { results: ["z", "dots", "y"] });
  });
  it("keeps one that no gate scales", () =>
    keeps([...norm, "m 2x8 = Mean y", "dots 2x8 = PixelDot dz y"], { results: ["m", "dots"] }));
  it("keeps one that is scaled by one number per pixel", () =>
    keeps([...norm, ...rest].map((line) => line.replace("gate 2x1x1x8", "gate 2x4x4x1"))));
  it("keeps means over other axes", () => keeps([...norm, ...rest], { attributes: { m: { axes: [1] } } }));
  it("keeps sums of the output's squares", () =>
    keeps([...norm, ...rest].map((line) => line.replace("PixelDot dz y", "PixelDot y y"))));
  it("keeps sums of products of two BatchNorms", () => {
    const other = ["o 2x4x4x8, om 8, os 8, ov 8 = BatchNormTrain dz gamma beta"];
    keeps([...norm, ...other, ...rest].map((line) => line.replace("PixelDot dz y", "PixelDot o y")));
  });
  it("keeps vectors, which are centred before they are scaled", () =>
    keeps([...norm, ...rest].map((line) => line.replaceAll("4x4", "1x1"))));
});

describe("the pass gated-gradient", () => {
  const lines = [
    ...[
      "dz 2x4x4x8",
      "gate 2x1x1x8",
      "sum 2x1x1x8",
      "x 2x4x4x8",
      "gamma 8",
      "mean 8",
      "scale 8",
      "count = 16",
    ],
    ...["p 2x4x4x8 = Multiply dz gate", "t 2x4x4x8 = Tile sum", "q 2x4x4x8 = RealDiv t count"],
    "dy 2x4x4x8 = Add p q",
  ];
  const gradient = "dx 2x4x4x8, dgamma 8, dbeta 8 = BatchNormTrainGradient dy x gamma mean scale";
  const kept = lines.slice(8).map((line) => line.replace(/ [\dx]+ =/, " ="));
  const joined = [
    ...["new1 = RealDiv sum count"],
    "dx dgamma dbeta = GatedBatchNormGradient dz gate new1 x gamma mean scale",
  ];
  const join = (changed: readonly string[], expected: readonly string[] | "unchanged", results = ["dx"]) =>
    checkAll(GATED_GRADIENT, [...changed, gradient], { results, expected });
  it("reads the gradient behind the gate", () => join(lines, [...kept, ...joined]));
  it("finds the terms in either order", () =>
    join(
      lines.map((line) => line.replace("Add p q", "Add q p").replace("Multiply dz gate", "Multiply gate dz")),
      [...["p = Multiply gate dz", "t = Tile sum", "q = RealDiv t count", "dy = Add q p"], ...joined],
    ));
  it("keeps a gradient that is used elsewhere, too", () => join(lines, "unchanged", ["dx", "dy"]));
  it("keeps a product that is used elsewhere, too", () => join(lines, "unchanged", ["dx", "p"]));
  it("keeps a gradient without a mean", () =>
    join(
      lines.map((line) => line.replace("Tile sum", "Relu x")),
      "unchanged",
    ));
  it("keeps a factor per pixel", () =>
    join(
      lines.map((line) => line.replace("gate 2x1x1x8", "gate 2x4x4x1")),
      "unchanged",
    ));
});

describe("the pass filter-factor", () => {
  const lines = (pixels: string) => [
    ...[`dy 8x${pixels}x8`, `x 8x${pixels}x8`, `image 8x${pixels}x8`, "w 3x3x8x8", "gamma 8", "mean 8"],
    ...["scale 8", `dx 8x${pixels}x8, dgamma 8, dbeta 8 = BatchNormTrainGradient dy x gamma mean scale`],
    ...[`di 8x${pixels}x8 = Conv2DBackpropInput dx w`, "dw 3x3x8x8 = Conv2DBackpropFilter image dx"],
  ];
  const results = ["di", "dw", "dgamma"];
  const attributes = { di: convAttributes(8, 8), dw: convAttributes(8, 8) };
  it("scales the filter and its gradient", () => {
    const { graph, read } = traced(lines("5x5"), results, attributes);
    const after = FILTER_FACTOR.run(graph);
    assert.deepEqual(read(after), [
      ...["new1 = Multiply gamma scale", "dx dgamma dbeta = BatchNormTrainGradient dy x gamma mean scale"],
      ...["new2 = Multiply w new1", "di = Conv2DBackpropInput dx new2"],
      ...["new3 = Conv2DBackpropFilter image dx", "dw = Multiply new3 new1"],
    ]);
    assert.deepEqual(after.nodes[1]?.attributes, { isDivided: true });
  });
  const keeps = (changed: readonly string[], more: readonly string[] = []) =>
    checkAll(FILTER_FACTOR, changed, { results: [...results, ...more], attributes, expected: "unchanged" });
  it("keeps factors where filters are larger than half the images", () => keeps(lines("3x4")));
  it("keeps the factor of a gradient that is used otherwise, too", () => {
    keeps([...lines("5x5"), "other 8x5x5x8 = Relu dx"]);
    keeps(lines("5x5"), ["dx"]);
    keeps(lines("5x5").map((line) => line.replace("BackpropFilter image dx", "BackpropFilter dx image")));
  });
  it("keeps all if products are rounded", () => {
    const { graph, read } = traced(lines("5x5"), results, attributes);
    assert.deepEqual(read(FILTER_FACTOR.run({ ...graph, products: "bfloat16" })), read(graph));
  });
});

describe("the pass join-updates", () => {
  /** The update of one weight, with a velocity, from an input that is its gradient. */
  const update = (name: string, shape: string, momentum = "0.9") => [
    ...[`${name} ${shape}`, `${name}v ${shape}`, `${name}g ${shape}`, `${name}m = ${momentum}`],
    ...[`${name}p ${shape} = Multiply ${name}v ${name}m`, `${name}w ${shape} = Add ${name}p ${name}g`],
    `${name}a ${shape} = ScaledSum ${name}w rate ${name}`,
  ];
  const join = (lines: readonly string[], names: readonly string[], outputs: readonly string[] = []) => {
    const state = Object.fromEntries(
      names.flatMap((name) => [
        [name, `${name}a`],
        [`${name}v`, `${name}w`],
      ]),
    );
    const { graph, read } = traced(["rate", ...lines], outputs, {}, state);
    const after = JOIN_UPDATES.run(graph);
    return { before: read(graph), after: read(after), state: after.state, nodes: after.nodes };
  };
  it("updates small weights that are updated in the same way at once, whatever their shapes", () => {
    const { after, state, nodes } = join([...update("b", "8"), ...update("k", "2x3")], ["b", "k"]);
    assert.deepEqual(after, [
      ...["new1 = Reshape kv", "new2 = Concat bv new1", "new3 = Reshape kg", "new4 = Concat bg new3"],
      ...["new5 = Reshape k", "new6 = Concat b new5", "new7 = Multiply new2 bm", "new8 = Add new7 new4"],
      ...["new9 new10 = Split new8", "new11 = ScaledSum new8 rate new6", "new12 new13 = Split new11"],
    ]);
    assert.deepEqual(
      state.map(({ after }) => after.shape),
      [[8], [8], [6], [6]],
    );
    const splits = nodes.filter(({ kernel }) => kernel === "Split");
    assert.deepEqual(
      state.map(({ after }) => splits.findIndex(({ outputs }) => outputs.includes(after))),
      [1, 0, 1, 0],
    );
  });
  const keeps = (...[lines, names, outputs]: Parameters<typeof join>) => {
    const { before, after } = join(lines, names, outputs);
    assert.deepEqual(after, before);
  };
  it("keeps updates that differ in a number or in what they do", () => {
    keeps([...update("b", "8"), ...update("k", "8", "0.8")], ["b", "k"]);
    const other = update("k", "8").map((line) => line.replace("= Add kp kg", "= Sub kp kg"));
    keeps([...update("b", "8"), ...other], ["b", "k"]);
    const twice = update("k", "8").map((line) => line.replace("= Add kp kg", "= Add kp kv"));
    keeps([...update("b", "8"), ...twice], ["b", "k"]);
  });
  it("joins updates by numbers that are computed in many steps", () => {
    const steps = Array.from({ length: 100 }, (_, index) => `n${index + 1} = Add n${index} n${index}`);
    const own = (name: string) => update(name, "8").map((line) => line.replace("rate", "n100"));
    const { nodes } = join(["n0", ...steps, ...own("b"), ...own("k")], ["b", "k"]);
    assert.equal(nodes.filter(({ kernel }) => kernel === "ScaledSum").length, 1);
  });
  it("keeps updates of large weights, and single ones", () => {
    keeps([...update("b", "5000"), ...update("k", "5000")], ["b", "k"]);
    keeps(update("b", "8"), ["b"]);
  });
  it("keeps what is used otherwise, too", () =>
    keeps([...update("b", "8"), ...update("k", "8")], ["b", "k"], ["ba", "bw", "ka", "kw"]));
});

describe("the pass scaled-sum", () => {
  const lines = ["x 4x8", "y 4x8", "rate", "p 4x8 = Multiply x rate"];
  const joins = (last: string, expected: string) =>
    check(SCALED_SUM, { lines: [...lines, `z 4x8 = ${last}`], expected });
  it("joins a sum whose first operand is a product with a number", () =>
    joins("Add p y", "ScaledSum x rate y"));
  it("joins a sum whose second operand is a product with a number", () =>
    joins("Add y p", "ScaledSum x rate y"));
  it("joins a difference whose subtrahend is a product", () => joins("Sub y p", "ScaledSum x rate y"));
  it("keeps a difference whose minuend is a product", () => joins("Sub p y", "unchanged"));
  it("keeps products of tensors", () =>
    check(SCALED_SUM, {
      lines: ["x 4x8", "y 4x8", "rate 4x8", "p 4x8 = Multiply x rate", "z 4x8 = Add p y"],
      expected: "unchanged",
    }));
  it("keeps sums that broadcast", () =>
    check(SCALED_SUM, {
      lines: ["x 8", "y 4x8", "rate", "p 8 = Multiply x rate", "z 4x8 = Add p y"],
      expected: "unchanged",
    }));
  it("records whether it was a sum or a difference", () => {
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
  it("drops nodes that no result needs, directly or indirectly", () => {
    const { graph, read } = traced(
      ["x 4x8", "a 4x8 = Relu x", "b 4x8 = Exp x", "c 4x8 = Tanh b", "y 4x8 = Neg a"],
      ["y"],
    );
    assert.deepEqual(read(DROP_UNUSED.run(graph)), ["a = Relu x", "y = Neg a"]);
  });
  it("keeps nodes that are assigned to state", () => {
    const { graph, find, read } = traced(["w 4x8", "after 4x8 = Relu w"], []);
    const state = [{ name: "w", before: find("w"), after: find("after") }];
    assert.deepEqual(read(DROP_UNUSED.run({ ...graph, state })), ["after = Relu w"]);
  });
});

describe("layouts", () => {
  /** Checks the layout of the value y after the given nodes. */
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
  it("a convolution with whole blocks is blocked", () =>
    check(forward, "blocked", { attributes: conv(8, 8) }));
  it("a convolution from few channels is blocked", () =>
    check(forward, "blocked", { attributes: conv(3, 8) }));
  it("a convolution to incomplete blocks is nchw", () => check(forward, "nchw", { attributes: conv(8, 12) }));
  it("a dilated convolution is nchw", () =>
    check(forward, "nchw", { attributes: conv(8, 8, { dilation: 2 }) }));
  it("a depthwise convolution is blocked", () =>
    check(forward, "blocked", { attributes: conv(8, 8, { groups: 8 }) }));
  it("a convolution is nchw without blocked kernels", () =>
    check(forward, "nchw", { attributes: conv(8, 8), block: null }));
  const backward = ["y 8x4x4x8 = Conv2DBackpropInput x w"];
  it("the input gradient of a convolution with stride 1 is blocked", () =>
    check(backward, "blocked", { attributes: conv(8, 8) }));
  it("the input gradient of a convolution with a larger stride is blocked, but not with groups", () => {
    check(backward, "blocked", { attributes: conv(8, 8, { stride: 2 }) });
    check(backward, "nchw", { attributes: conv(16, 16, { stride: 2, groups: 2 }) });
  });
  it("the input gradient of a 1x1 convolution with a stride is blocked", () =>
    check(backward, "blocked", { attributes: conv(8, 8, { stride: 2, kernel: 1 }) }));
  it("filter gradients are plain", () =>
    check(["y 3x3x8x8 = Conv2DBackpropFilter x w"], "plain", { attributes: conv(8, 8) }));
  const after = (...lines: string[]) => ["c 8x4x4x8 = Conv2D x w", ...lines];
  const follows = (lines: string[], expected: string) =>
    check(after(...lines), expected, { attributes: { c: convAttributes(8, 8), y: { axis: 3 } } });
  it("element-wise kernels follow their operand", () => follows(["y 8x4x4x8 = Relu c"], "blocked"));
  it("sums with a vector follow the image", () => follows(["y 8x4x4x8 = Add c s"], "blocked"));
  it("sums with a plain image follow the other image", () => follows(["y 8x4x4x8 = Add x c"], "blocked"));
  it("BatchNorm follows its input", () => follows(["y 8x4x4x8 = BatchNormTrain c s s"], "blocked"));
  it("the gradient of a ReLU follows its operands", () =>
    follows(["y 8x4x4x8 = ReluGradient c c"], "blocked"));
  it("pooling follows its input", () => follows(["y 8x2x2x8 = MaxPool c"], "blocked"));
  it("the gradient of pooling is nchw", () => follows(["y 8x4x4x8 = AvgPoolGrad c"], "nchw"));
  it("concatenations of whole blocks are blocked", () => follows(["y 8x4x4x16 = Concat c c"], "blocked"));
  it("other concatenations along channels are nchw", () =>
    follows(["t 8x4x4x3 = Slice x", "y 8x4x4x11 = Concat c t"], "nchw"));
  it("matrices are plain", () => follows(["m 8x8 = Mean c", "y 8x8 = BatchMatMul m s"], "plain"));
  it("values that do not depend on a convolution are plain", () => check(["y 8x4x4x8 = Relu x"], "plain"));
});
