import { describe, it } from "mocha";
import { compareEngines } from "./whole-network.js";

const BLOCKS: Record<string, string> = {
  "grouped bottleneck": "{ block: bottleneck, filters: [16, 16, 32], groups: 4, stride: 2 }",
  "grouped bottleneck, whole blocks": "{ block: bottleneck, filters: [16, 32, 32], groups: 2 }",
  "3x3 projection": "{ block: bottleneck, filters: 8, stride: 2, projection: 3 }",
  "pre-activation basic": "{ block: preact-basic, repeat: 2, filters: 16, stride: 2 }",
  "pre-activation bottleneck": "{ block: preact-bottleneck, repeat: 2, filters: 8, stride: 2 }",
  "wide residual with dropout": "{ block: preact-basic, filters: 8, stride: 2, dropout: 0.3 }",
  "plain convolutions and a pool":
    "{ modules: [{ conv: { filters: 16, kernel: 3, norm: false, bias: true } }, { pool: { type: max, kernel: 2, stride: 2 } }] }",
  "depthwise-separable": "{ modules: [{ depthwise: { stride: 2 } }, { conv: { filters: 16 } }] }",
  "shuffle unit":
    "{ modules: [{ residual: { branch: [{ conv: { filters: 8, groups: 2 } }, { shuffle: 2 }, { depthwise: { activation: none } }, { conv: { filters: 8, groups: 2, activation: none } }] } }] }",
  "shuffle unit with a stride":
    "{ modules: [{ branches: [[{ pool: { type: max, kernel: 3, stride: 2 } }], [{ conv: { filters: 8 } }, { shuffle: 4 }, { depthwise: { stride: 2, activation: none } }, { conv: { filters: 16, activation: none } }]] }, { relu: {} }] }",
  inception:
    "{ modules: [{ branches: [[{ conv: { filters: 8 } }], [{ conv: { filters: 8 } }, { conv: { filters: 12, kernel: 3 } }], [{ pool: { type: max, kernel: 3, stride: 1 } }, { conv: { filters: 4 } }]] }] }",
  "inception-resnet":
    "{ modules: [{ residual: { branch: [{ branches: [[{ conv: { filters: 8 } }], [{ conv: { filters: 8, kernel: [1, 5] } }, { conv: { filters: 8, kernel: [5, 1] } }]] }, { conv: { filters: 8, norm: false, bias: true, activation: none } }], scale: 0.2 } }] }",
  "inverted bottleneck":
    "{ block: inverted-bottleneck, repeat: 2, filters: 8, expansion: 3, stride: 2, activation: relu6 }",
  "inverted bottleneck, 5x5, SE inside":
    "{ block: inverted-bottleneck, filters: 8, kernels: [5], activation: hard-swish, attention: { type: se, r: 2, of: block, placement: inner, gate: hard-sigmoid } }",
  "inverted bottleneck without expansion": "{ block: inverted-bottleneck, filters: 16, expansion: 1 }",
  "average projection": "{ block: bottleneck, filters: 8, stride: 2, shortcut: avg-projection }",
  "dense concatenation":
    "{ repeat: 2, modules: [{ branches: [[], [{ norm: {} }, { conv: { filters: 16 } }, { conv: { filters: 4, kernel: 3, norm: false, activation: none } }]] }] }",
  "dropped branches":
    "{ modules: [{ residual: { branch: [{ conv: { filters: 8, kernel: 3 } }], dropPath: 0.4 } }] }",
  "pyramid squeeze attention": "{ modules: [{ conv: { filters: 64 } }, { attention: { type: psa, r: 2 } }] }",
  res2net: "{ block: bottleneck, repeat: 2, filters: [16, 16, 16], scale: 4, stride: 2 }",
  "valid padding":
    "{ modules: [{ conv: { filters: 16, kernel: 3, stride: 2, padding: valid } }, { pool: { kernel: 2, stride: 1, padding: valid } }] }",
};

const GATES: Record<string, string> = {
  "se, maximum": "{ type: se, r: 4, squeeze: max }",
  "se, no squeeze": "{ type: se, r: 4, squeeze: none }",
  "se, tanh": "{ type: se, r: 4, gate: tanh }",
  "se, relu": "{ type: se, r: 4, gate: relu }",
  "se, silu": "{ type: se, r: 4, activation: silu }",
  "se, absolute width": "{ type: se, width: 3 }",
  "se, hard sigmoid": "{ type: se, r: 4, gate: hard-sigmoid }",
  "se before the residual unit": "{ type: se, r: 4, placement: pre }",
  "se after the sum": "{ type: se, r: 4, placement: post }",
  "se on the shortcut": "{ type: se, r: 4, placement: identity }",
  "se inside": "{ type: se, r: 4, placement: inner }",
  eca: "{ type: eca }",
  ese: "{ type: ese }",
  "ge, no parameters": "{ type: ge }",
  "ge, learned gather": "{ type: ge, parameters: gather }",
  "ge, both": "{ type: ge, parameters: both, r: 4 }",
  sse: "{ type: sse }",
  scse: "{ type: scse }",
  cbam: "{ type: cbam, r: 4 }",
  bam: "{ type: bam, r: 4 }",
  coordinate: "{ type: coordinate }",
  gct: "{ type: gct }",
  simam: "{ type: simam }",
  srm: "{ type: srm }",
  "global context": "{ type: gc, r: 1 }",
  "global context that scales": "{ type: gc, r: 1, fuse: scale }",
  fca: "{ type: fca, r: 4, frequencies: 8 }",
  lct: "{ type: lct, groups: 4 }",
  triplet: "{ type: triplet }",
  polarized: "{ type: polarized }",
  "polarized, sequential": "{ type: polarized, layout: sequential }",
  "selective kernels": "{ type: sk, r: 2 }",
  "selective kernels, split": "{ type: sk, r: 2, branches: 4, split: true }",
  constant: "{ type: constant }",
  random: "{ type: random }",
  "shuffled se": "{ type: shuffled-se, r: 4 }",
};

describe("training and evaluation of every block agree between engines", () => {
  for (const [name, stage] of Object.entries(BLOCKS))
    it(name, () => compareEngines(`network: { stem: { filters: 8 }, stages: [${stage}] }`));

  it("symmetric padding", () =>
    compareEngines(
      "network: { padding: symmetric, stem: { filters: 8, kernel: 7, stride: 2, pool: {} }, stages: [{ block: basic, filters: 8, stride: 2 }] }",
    ));

  for (const activation of ["relu6", "leaky-relu", "silu", "hard-swish", "gelu", "hard-sigmoid", "none"])
    it(activation, () =>
      compareEngines(
        `network: { activation: ${activation}, stem: { filters: 8 }, stages: [{ block: basic, filters: 8, stride: 2 }, { block: preact-basic, filters: 8 }, { modules: [{ conv: { filters: 8 } }] }] }`,
      ),
    );

  it("symmetric padding of pools", () =>
    compareEngines(
      "network: { padding: symmetric, activation: silu, stem: { filters: 8, kernel: 7, stride: 2, pool: {} }, stages: [{ modules: [{ pool: { type: avg, padding: symmetric } }, { conv: { filters: 8 } }] }] }",
    ));

  it("stochastic depth", () =>
    compareEngines(
      "network: { dropPath: 0.5, stem: { filters: 8 }, stages: [{ block: basic, filters: 8, repeat: 2 }, { block: inverted-bottleneck, filters: 8 }] }",
    ));

  for (const norm of ["{ type: group, groups: 4 }", "{ type: layer }"])
    it(norm, () =>
      compareEngines(
        `network: { norm: ${norm}, zeroInit: true, layerScale: 0.5, stem: { filters: 8 }, stages: [{ block: basic, filters: 8, repeat: 2 }, { block: preact-basic, filters: 8 }], head: { norm: true } }`,
        // Groups of two channels divide by small deviations, which magnifies rounding errors.
        4e-4,
      ),
    );

  it("BatchNorm of a vector", () =>
    compareEngines(
      "network: { stages: [{ modules: [{ conv: { filters: 4, stride: 2, norm: false, activation: none } }, { flatten: {} }, { norm: {} }] }], head: { pool: none } }",
    ));

  it("frozen parts, and a gate in them that is not", () =>
    compareEngines(
      "network: { freeze: [stem.bn, stage1, '!**.se', stage3], stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }, { block: basic, filters: 16 }], se: { r: 4 } }",
    ));

  it("convnext", () =>
    compareEngines(
      "network: { norm: { type: layer }, activation: gelu, bias: true, stem: { filters: 8, kernel: 2, stride: 2, activation: none }, stages: [{ block: convnext, filters: 8, se: { r: 2 } }, { block: convnext, filters: 16, stride: 2 }], layerScale: 0.01, head: { norm: true } }",
    ));

  it("a layer before the classifier", () =>
    compareEngines(
      "network: { activation: hard-swish, stem: { filters: 8, stride: 2 }, stages: [{ block: basic, filters: 8 }], head: { hidden: 12 } }",
    ));

  it("flatten, dense and dropout", () =>
    compareEngines(
      "network: { stem: { filters: 8, stride: 2 }, stages: [{ modules: [{ flatten: {} }, { dense: { units: 12 } }] }], head: { pool: none } }",
    ));
});

describe("training and evaluation of every gate agree between engines", () => {
  for (const [name, attention] of Object.entries(GATES))
    it(name, () =>
      compareEngines(
        `network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }], attention: ${attention} }`,
      ),
    );

  // The gradients of its biases before BatchNorm are rounding errors around 0.
  it("split attention", () =>
    compareEngines(
      "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }], attention: { type: split-attention } }",
      1e-3,
    ));
});
