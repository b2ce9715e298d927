// Every mistake in a configuration is reported once, where it stands. A table: ‹code› in a text is what is expected there.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "mocha";
import { parseSetFlag } from "../../src/config/override.js";
import { readSource } from "../../src/config/source.js";
import { isSweep } from "../../src/config/sweep.js";
import { type Diagnostic, DiagnosticError, sortDiagnostics } from "../../src/diagnostic.js";
import { describedFacts } from "../../src/experiment/dataset-facts.js";
import { loadExperiment, networkOf } from "../../src/experiment/load-experiment.js";
import { expandSweep } from "../../src/sweep/expand.js";
import { loadSweep } from "../../src/sweep/load-sweep.js";

interface Input {
  readonly text: string;
  /** The experiment that a sweep starts from, in base.yaml. */
  readonly base?: string;
  readonly set?: string;
}

const TOP = "name: e\ndataset: { name: synthetic }\n";
const STEM = "stem: { filters: 8 }";
const STAGE = "{ block: basic, filters: 8 }";
const NETWORK = `network: { ${STEM}, stages: [${STAGE}] }\n`;
const UNNAMED = `dataset: { name: synthetic }\n${NETWORK}`;
const BASE = `name: e\n${UNNAMED}`;
const stage = (keys: string) => `${TOP}network: { ${STEM}, stages: [{ ${keys} }] }`;
/** With SE in the network, beside what the keys say. */
const gated = (keys: string) => `${TOP}network: { ${STEM}, se: {}, ${keys} }`;
const training = (keys: string) => `${BASE}training: { ${keys} }`;
const SWEEP = "name: s\nexperiment: base.yaml\n";
const TWO = `${SWEEP}variants: [{ name: a }, { name: b }]`;
const variant = (keys: string) => `${SWEEP}variants: [{ ${keys} }]`;

const TABLE: Readonly<Record<string, string | Input>> = {
  // YAML
  "empty file": "‹wrong-type›",
  "only a comment": "‹wrong-type›# nothing yet\n",
  "list at the top": "‹wrong-type›- name: e",
  "text at the top": "‹wrong-type›hello",
  "unclosed list": "name: [e\n‹yaml-syntax›dataset: x",
  "unclosed quote": `name: ‹yaml-syntax›"e\n${NETWORK}`,
  "mapping in a value": "name: ‹yaml-syntax›a: b",
  "tab as indentation": "name: e\ndataset:\n‹yaml-syntax›\tname: mnist",
  "unquoted axis in braces": variant("name: a, set: { seed: ‹unquoted-axis›${r} }"),
  "two broken lines": "a: ‹yaml-syntax›b: c: d: e\nf: ‹yaml-syntax›g: h",
  "two documents": `${BASE}‹yaml-syntax›---\n${BASE}`,
  "key given twice": `${BASE}‹duplicate-key›name: f`,
  "two keys given twice in a line": "{ a: 1, ‹duplicate-key›a: 1, b: 1, ‹duplicate-key›b: 1 }",
  "larger than a megabyte": `‹too-large›a: ${"x".repeat(1 << 20)}`,
  "65 levels": `a: ${"[".repeat(63)}‹too-deep›[${"]".repeat(64)}`,
  "aliases of aliases": `‹alias-bomb›a0: &a0 [x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(4).fill(`*a${i}`).join(", ")}]\n`).join("")}`,
  "alias before its anchor": `name: ‹unknown-alias›*n\nseed: &n 1`,
  "value that contains itself": `name: &n [‹circular-alias›*n]`,
  "merged text": `${BASE}training: { <<: ‹wrong-type›sgd }`,
  "CRLF and a byte order mark": `\uFEFF${BASE}‹unknown-key›sed: 1\n`.replaceAll("\n", "\r\n"),
  // Data
  "crop larger than the images": `name: e\ndataset: { name: synthetic, transforms: { train: [flip: {}, ‹wrong-shape›centerCrop: { size: 9 }] } }\n${NETWORK}`,
  "training and test images of two sizes": `name: e\ndataset: { name: synthetic, transforms: ‹unequal-shapes›{ train: [centerCrop: { size: 6 }] } }\n${NETWORK}`,
  "random transform of test images": `name: e\ndataset: { name: synthetic, transforms: { test: [‹unknown-key›flip: {}] } }\n${NETWORK}`,
  "erased areas the wrong way round": `name: e\ndataset: { name: synthetic, transforms: { train: [flip: {}, randomErasing: { scale: ‹unordered›[0.33, 0.02], ratio: [1, 1] }] } }\n${NETWORK}`,
  "erased ratios the wrong way round": `name: e\ndataset: { name: synthetic, transforms: { train: [randomErasing: { ratio: ‹unordered›[3.3, 0.3] }] } }\n${NETWORK}`,
  "erased ratio of zero": `name: e\ndataset: { name: synthetic, transforms: { train: [randomErasing: { ratio: [‹out-of-range›0, 1] }] } }\n${NETWORK}`,
  "angles the wrong way round": `name: e\ndataset: { name: synthetic, transforms: { train: [rotate: { degrees: ‹unordered›[10, -10] }] } }\n${NETWORK}`,
  "shears along y the wrong way round": `name: e\ndataset: { name: synthetic, transforms: { train: [affine: { degrees: 0, shear: ‹unordered›[-5, 5, 2, 1] }] } }\n${NETWORK}`,
  "hues the wrong way round": `name: e\ndataset: { name: synthetic, transforms: { train: [colorJitter: { hue: ‹unordered›[0.1, -0.1], contrast: [1, 1] }] } }\n${NETWORK}`,
  "hue beyond half the circle": `name: e\ndataset: { name: synthetic, transforms: { train: [colorJitter: { hue: ‹out-of-range›0.6 }] } }\n${NETWORK}`,
  "shear of three numbers": `name: e\ndataset: { name: synthetic, transforms: { train: [affine: { degrees: 0, shear: ‹wrong-length›[1, 2, 3] }] } }\n${NETWORK}`,
  "rotation without an angle": `name: e\ndataset: { name: synthetic, transforms: { train: [‹missing-key›rotate: {}] } }\n${NETWORK}`,
  "unknown filter": `name: e\ndataset: { name: synthetic, transforms: { train: [resize: { size: 8, interpolation: ‹not-allowed›lanczos }] } }\n${NETWORK}`,
  "two transforms in one": `name: e\ndataset: { name: synthetic, transforms: { train: [‹wrong-length›{ flip: {}, randomCrop: {} }] } }\n${NETWORK}`,
  "more validation images than there are": `name: e\ndataset: { name: mnist, validation: ‹too-few-images›9000 }\n${NETWORK}`,
  "means of another number of channels": `name: e\ndataset: { name: synthetic, normalize: { mean: ‹wrong-length›[0.5], std: 0.5 } }\n${NETWORK}`,
  "deviations of another number of channels": `name: e\ndataset: { name: mnist, normalize: { mean: 0.1, std: ‹wrong-length›[0.3, 0.3, 0.3] } }\n${NETWORK}`,
  "deviation of zero": `name: e\ndataset: { name: mnist, normalize: { mean: 0, std: ‹out-of-range›0 } }\n${NETWORK}`,
  "images of two numbers of channels in two variants": `${SWEEP}variants: [{ name: a, set: { dataset: { name: synthetic, normalize: { mean: ‹wrong-length›[0, 0], std: 1 } } } }, { name: b, set: { dataset: { name: synthetic, channels: 2, normalize: { mean: [0, 0], std: 1 } } } }]`,
  "crop beside an unknown key": `name: e\n‹unknown-key›sed: 1\ndataset: { name: synthetic, transforms: { train: [‹wrong-shape›centerCrop: { size: 9 }] } }\n${NETWORK}`,
  "crops that are too large in two variants": `${SWEEP}variants: [{ name: a, set: { dataset: { name: synthetic, transforms: { train: [‹wrong-shape›{ centerCrop: { size: 9 } }] } } } }, { name: b, set: { dataset: { name: synthetic, transforms: { train: [‹wrong-shape›{ centerCrop: { size: 10 } }] } } } }]`,
  // Keys
  "unknown key at the top": `${BASE}‹unknown-key›sed: 1`,
  "unknown key of the network": `${TOP}network: { ${STEM}, stages: [${STAGE}], ‹unknown-key›shortcuts: zero-pad }`,
  "unknown key of a stage": stage("block: basic, filters: 8, ‹unknown-key›strid: 2"),
  "unknown key of a dataset": `name: e\ndataset: { name: mnist, ‹unknown-key›size: 8 }\n${NETWORK}`,
  "unknown key of an optimizer": training("optimizer: { name: sgd, ‹unknown-key›beta1: 0.9 }"),
  "unknown key of SE": stage("block: basic, filters: 8, se: { ‹unknown-key›ratio: 4 }"),
  "__proto__ as a key": `${BASE}‹unknown-key›__proto__: { seed: 1 }`,
  "empty key": `${BASE}training:\n  ‹unknown-key›: 1`,
  "missing keys at the top": "‹missing-key›‹missing-key›name: e",
  "missing key of a stage": `${TOP}network: { ${STEM}, stages: [‹missing-key›{ block: basic }] }`,
  "missing key of a mapping": `${TOP}network: { ‹missing-key›stem: {}, stages: [${STAGE}] }`,
  "dataset without a name": `name: e\n‹missing-key›dataset: { size: 8 }\n${NETWORK}`,
  "unknown dataset": `name: e\ndataset: { name: ‹not-allowed›minst }\n${NETWORK}`,
  "optimizer without a name": training("‹missing-key›optimizer: {}"),
  "unknown optimizer": training("optimizer: { name: ‹not-allowed›adamm }"),
  "optimizer named by a number": training("optimizer: { name: ‹not-allowed›1 }"),
  "unknown schedule": training("schedule: { name: ‹not-allowed›step }"),
  "schedule without a name": training("‹missing-key›schedule: { at: [1] }"),
  // Values
  "optimizer as a text": training("optimizer: ‹wrong-type›sgd"),
  "misspelt block": stage("block: ‹not-allowed›basik, filters: 8"),
  "misspelt off": stage("block: basic, filters: 8, se: ‹not-allowed›of"),
  "text for a number": `${BASE}seed: ‹wrong-type›"1"`,
  "part of an epoch": training("epochs: ‹wrong-type›1.5"),
  "infinite weight decay": training("optimizer: { name: sgd, weightDecay: ‹wrong-type›.inf }"),
  "null for a mapping": `${TOP}network: ‹wrong-type›~`,
  "stage left empty": `${TOP}network:\n  stem: { filters: 8 }\n  stages:\n    - ‹wrong-type›~`,
  "negative seed": `${BASE}seed: ‹out-of-range›-1`,
  "dropout of everything": `${TOP}network: { ${STEM}, stages: [${STAGE}], head: { dropout: ‹out-of-range›1 } }`,
  "no stages": `${TOP}network: { ${STEM}, stages: ‹out-of-range›[] }`,
  "filters of zero": stage("block: basic, filters: [8, ‹out-of-range›0]"),
  "filters in words": stage("block: basic, filters: ‹not-allowed›eight"),
  "name with a folder": `name: ‹unsafe-name›../x\n${UNNAMED}`,
  "name with a dot at its end": `name: ‹unsafe-name›x.\n${UNNAMED}`,
  // Across keys
  "wrong lengths": stage(
    "block: bottleneck, filters: ‹wrong-length›[8, 8], kernels: ‹wrong-length›[3], strides: ‹wrong-length›[1, 1]",
  ),
  "stride and strides": stage("block: basic, filters: 8, ‹both-given›stride: 1, strides: [1, 1]"),
  "projection without a projection": stage("block: basic, filters: 8, ‹unused-key›projection: 3"),
  "groups of 1x1 convolutions": stage(
    "block: bottleneck, filters: [8, 8, 16], kernels: [1, 1, 1], ‹unused-key›groups: 4",
  ),
  "shortcut of blocks that need none": stage("block: basic, filters: 8, ‹unused-key›shortcut: zero-pad"),
  "modules and block": stage("modules: [{ relu: {} }], ‹both-given›block: basic"),
  "unknown step": stage("modules: [{ ‹unknown-key›cov: { filters: 8 } }]"),
  "unknown gate": stage("block: basic, filters: 8, attention: { type: ‹not-allowed›ecca }"),
  "unknown key of a gate": stage("block: basic, filters: 8, attention: { type: eca, ‹unknown-key›r: 4 }"),
  "se and attention": stage("block: basic, filters: 8, attention: { type: eca }, ‹both-given›se: { r: 4 }"),
  "groups that do not divide": stage("block: basic, filters: 8, groups: ‹indivisible›3"),
  "r and se.r": stage("block: basic, filters: 8, se: { r: 4 }, ‹both-given›r: 8"),
  "r and width": stage("block: basic, filters: 8, se: { ‹both-given›r: 4, width: 4 }"),
  "r of a stage and width": `${TOP}network: { ${STEM}, se: { width: 4 }, stages: [{ block: basic, filters: 8, ‹r-without-se›r: 8 }] }`,
  "rounding of a width": stage("block: basic, filters: 8, se: { width: 4, ‹unused-key›rounding: nearest }"),
  "GroupNorm that does not divide": `${TOP}network: { norm: { type: group, groups: ‹indivisible›3 }, ${STEM}, stages: [${STAGE}] }`,
  "norm in words": `${TOP}network: { norm: ‹not-allowed›group, ${STEM}, stages: [${STAGE}] }`,
  "norm of a stem that keeps its own": `${TOP}network: { stem: { filters: 8, ‹unused-key›norm: always }, stages: [${STAGE}] }`,
  "batchNorm beside LayerNorm": `${TOP}network: { norm: { type: layer }, ‹unused-key›batchNorm: { epsilon: 0.001 }, ${STEM}, stages: [${STAGE}] }`,
  "gate on images after flatten": `${TOP}network: { ${STEM}, stages: [{ modules: [{ flatten: {} }, { dense: { units: 8 } }, ‹wrong-rank›{ attention: { type: eca } }] }], head: { pool: none } }`,
  "convolution after flatten": `${TOP}network: { ${STEM}, stages: [{ modules: [{ flatten: {} }, ‹wrong-rank›{ conv: { filters: 8 } }] }], head: { pool: none } }`,
  "classifier of an image": `${TOP}network: { ${STEM}, stages: [${STAGE}], head: { pool: ‹wrong-rank›none } }`,
  "fully connected layer of an image": stage("modules: [‹wrong-rank›{ dense: { units: 8 } }]"),
  "residual without steps": stage("modules: [{ residual: { branch: ‹out-of-range›[] } }]"),
  "pyramid of three channels": stage("block: basic, filters: 3, attention: ‹indivisible›{ type: psa }"),
  "pyramid instead of a depthwise convolution": stage(
    "block: inverted-bottleneck, filters: 8, attention: ‹not-allowed›{ type: psa }",
  ),
  "scale of an inverted bottleneck": stage("block: inverted-bottleneck, filters: 8, ‹unused-key›scale: 4"),
  "parts that do not divide": stage("block: bottleneck, filters: [10, 10, 16], scale: ‹indivisible›4"),
  "gate of the network that does not divide": `${TOP}network: { ${STEM}, attention: ‹indivisible›{ type: fca }, stages: [${STAGE}] }`,
  "global context of one number": stage("block: basic, filters: 8, attention: ‹too-small›{ type: gc }"),
  "polarized self-attention of one channel": stage(
    "block: basic, filters: 1, attention: ‹too-small›{ type: polarized }",
  ),
  "image that becomes empty": `name: e\ndataset: { name: synthetic, size: 8 }\nnetwork: { ${STEM}, stages: [{ block: convnext, filters: 8, stride: 4 }, ‹too-small›{ block: convnext, filters: 8, stride: 4 }, { block: convnext, filters: 8, stride: 2 }] }`,
  "unknown activation": stage("block: basic, filters: 8, activation: ‹not-allowed›h-swish"),
  "shortcut of an inverted bottleneck": stage(
    "block: inverted-bottleneck, filters: 8, expansion: 2, ‹unused-key›shortcut: zero-pad",
  ),
  "expansion of a basic block": stage("block: basic, filters: 8, ‹unused-key›expansion: 4"),
  "lists of an inverted bottleneck": stage(
    "block: inverted-bottleneck, filters: ‹wrong-length›[8, 16], kernels: ‹wrong-length›[1, 3, 1]",
  ),
  "head.activation without a layer": `${TOP}network: { ${STEM}, stages: [${STAGE}], head: { dropout: 0.1, ‹unused-key›activation: silu } }`,
  "stochastic depth without blocks": `${TOP}network: { ${STEM}, ‹unused-key›dropPath: 0.1, stages: [{ modules: [{ conv: { filters: 8 } }] }] }`,
  "activation that a stage keeps": {
    text: `${TOP}network: { ${STEM}, stages: [{ block: basic, filters: 8, activation: gelu }] }`,
    set: "‹not-reached›network.activation=silu",
  },
  "r without SE": stage("block: basic, filters: 8, ‹r-without-se›r: 8"),
  "se that every stage overrides": `${TOP}network: { ${STEM}, ‹unused-key›se: {}, stages: [{ block: basic, filters: 8, se: off }] }`,
  "strideIn without a bottleneck": `${TOP}network: { ${STEM}, ‹unused-key›strideIn: 3x3, stages: [${STAGE}] }`,
  "epochs that do not ascend": training("epochs: 9, schedule: { name: steps, at: [5, ‹unordered›5] }"),
  "share after the last epoch": training("schedule: { name: steps, at: [50%, ‹unused-key›100%] }"),
  "steps that do not ascend": training(
    "schedule: { name: steps, at: [5, 90 steps, 6, ‹unordered›80 steps] }",
  ),
  "half a step": training("schedule: { name: steps, at: [‹not-allowed›0.5 steps] }"),
  "step zero": training("schedule: { name: steps, at: [‹not-allowed›0 steps] }"),
  "share in words": training("schedule: { name: steps, at: [‹not-allowed›half] }"),
  "training shortened by a variant": {
    text: variant("name: a, set: { training.epochs: ‹unused-key›3 }"),
    base: training("epochs: 9, schedule: { name: steps, at: [4] }"),
  },
  "training shortened by a flag": {
    text: training("epochs: 9, schedule: { name: steps, at: [4] }"),
    set: "training.epochs=‹unused-key›3",
  },
  "epoch after the last": training("epochs: 9, schedule: { name: steps, at: [5, ‹unused-key›9] }"),
  "warm-up longer than the training": training("schedule: { name: constant, warmup: ‹out-of-range›11 }"),
  "decay of kernels alone without decay": training(
    "optimizer: { name: adam, ‹unused-key›decayNormAndBias: false }",
  ),
  "gradients clipped to nothing": training("clipNorm: ‹out-of-range›0"),
  "misspelt clipNorm": training("clipNorm: ‹not-allowed›of"),
  "average that forgets nothing": training("ema: ‹out-of-range›1"),
  "average that keeps nothing": training("ema: ‹out-of-range›0"),
  "step of no batch": training("accumulate: ‹out-of-range›0"),
  "mixup of one image": training("batchSize: 1, ‹unused-key›mixup: {}, ‹unused-key›cutmix: { alpha: 2 }"),
  "mixup without a distribution": training("mixup: { alpha: ‹out-of-range›0 }"),
  "misspelt mixup": training("cutmix: { ‹unknown-key›alhpa: 1 }, mixup: ‹not-allowed›on"),
  "weights of other classes": training("classWeights: ‹wrong-length›[1, 2, 3]"),
  "weight of nothing": training("classWeights: [1, ‹out-of-range›0, 1, 1]"),
  "misspelt weights": training("classWeights: ‹not-allowed›balance"),
  "batches of one image at one pixel": `${TOP}network: { stem: { filters: 8, stride: 8 }, stages: [${STAGE}] }\ntraining: { batchSize: ‹batch-of-one›1 }`,
  // Networks
  "stride on a 1x1 map": `name: e\ndataset: { name: synthetic, size: 2 }\nnetwork:\n  ${STEM}\n  stages:
    - { block: basic, filters: 8, stride: 2 }
    - { block: basic, filters: 8, stride: ‹too-small›2 }
    - { block: basic, filters: 8, strides: ‹too-small›[1, 2] }`,
  "stride of the stem": `${TOP}network: { stem: { filters: 8, stride: ‹too-small›16 }, stages: [${STAGE}] }`,
  "pool of a 1x1 map": `${TOP}network: { stem: { filters: 8, stride: 8, pool: ‹too-small›{} }, stages: [${STAGE}] }`,
  "fewer channels by zero padding": stage("block: basic, filters: ‹fewer-channels›4, shortcut: zero-pad"),
  "fewer outputs than classes": `${TOP}network: { ${STEM}, stages: [${STAGE}], head: { classes: ‹too-few-classes›2 } }`,
  // Where aliases and merges take a text from
  "mistake at an anchor": `${TOP}network: { ${STEM}, stages: [&s { block: basic, filters: ‹out-of-range›0 }, *s, *s] }`,
  "missing key at an anchor": `${TOP}network: { ${STEM}, stages: [&s ‹missing-key›{ block: basic }, *s] }`,
  "mistake in a merged key": `${TOP}network:\n  ${STEM}\n  stages:
    - &s { block: basic, filters: 8, ‹unknown-key›strid: 2, repeat: ‹out-of-range›0 }
    - { <<: *s, filters: ‹out-of-range›0 }`,
  "mistake in a list of merges": `${TOP}network:\n  ${STEM}\n  stages:
    - &a { block: basic, filters: 8 }
    - &b { block: basic, filters: 8, repeat: ‹out-of-range›0 }
    - <<: [*a, *b]`,
  "mistakes of every kind at once": `name: e
dataset: { name: synthetic, ‹unknown-key›sizee: 8 }
network:
  ${STEM}
  stages:
    - { block: basic, filters: ‹out-of-range›0 }
    - { block: basic, filters: [8, 8], strides: ‹wrong-length›[1, 1, 1] }
    - { block: basic, filters: 8, groups: ‹indivisible›3 }
training:
  epochs: 9
  schedule: { name: steps, at: [5, ‹unused-key›9] }
  optimizer: { name: sgd, momentum: ‹out-of-range›2 }
  classWeights: ‹wrong-length›[1, 2, 3]`,
  "mistakes of a sweep and of its experiment": {
    text: `${SWEEP}variants: [{ name: a, ‹unknown-key›sett: 1 }]`,
    base: `${TOP}network: { ${STEM}, stages: [{ block: basic, ‹unknown-key›filtres: 8, filters: 8, groups: ‹indivisible›3 }] }`,
  },
  "freeze: no such part": `${TOP}network: { ${STEM}, stages: [${STAGE}], freeze: [stem, ‹unknown-part›stage2] }`,
  "freeze: everything": `${TOP}network: { ${STEM}, stages: [${STAGE}], ‹out-of-range›freeze: ["**"] }`,
  "freeze: no name": `${TOP}network: { ${STEM}, stages: [${STAGE}], freeze: [‹not-allowed›"a..b"] }`,
  "random: a part of another value":
    `${TWO}\nrandom: { training.mixup: { choice: ["off", {}] }, ‹both-given›training.mixup.alpha: { uniform: [0.1, 1] } }`.replace(
      "{}]",
      "on]",
    ),
  "random: what a variant sets by an axis": `${SWEEP}variants: [{ name: a }, { name: "c-\${p}", grid: { p: [learningRate, momentum] }, set: { ‹both-given›"training.optimizer.\${p}": 0.3 } }]\nrandom: { training.optimizer.learningRate: { log: [0.1, 1] } }`,
  "tune: values that are no names": `${TWO}\ntune: { over: { training.schedule: [constant, ‹unsafe-name›a/b, ‹duplicate-value›constant] } }`,
  "tune: a seed that is compared": `${TWO}\nseeds: [1, 2]\n‹duplicate-value›tune: { over: { training.epochs: [1, 3] }, seeds: [2] }`,
  "halving: drawn epochs": `${TWO}\nhalving: { first: 1 }\nrandom: { ‹both-given›training.epochs: { int: [1, 3] } }`,
  "tune: not of training": `${TWO}\ntune: { over: { ‹unsafe-path›network.se.r: [2, 4] } }`,
  "tune: no such key": `${TWO}\ntune: { over: { ‹unknown-key›training.rate: [0.1, 1] } }`,
  "tune: a value that is not allowed": `${TWO}\ntune: { over: { training.batchSize: ‹out-of-range›[8, 0] } }`,
  "tune: what a variant sets": `${SWEEP}variants: [{ name: a }, { name: b, set: { ‹both-given›training.epochs: 2 } }]\ntune: { over: { training.epochs: [1, 3] } }`,
  "tune: what seeds draw": `${TWO}\nrandom: { training.epochs: { int: [1, 3] } }\ntune: { over: { ‹both-given›training.epochs: [1, 3] } }`,
  "tune: values that change nothing": `${TWO}\ntune: { over: { ‹idle-axis›training.deterministic: [true, false] } }`,
  "exclude: an axis that every object has": variant(
    "name: 'a${r}', grid: { r: [1, 2] }, set: { network.se.r: '${r}' }, exclude: [{ ‹unknown-axis›constructor: 1 }]",
  ),
  "halving: two variants": `${TWO}\n‹nothing-to-compare›halving: { first: 1 }`,
  "halving: no epoch left": `${TWO.replace("{ name: a }", "{ name: a }, { name: c, set: { network.se.r: 2 } }")}\nhalving: { first: ‹out-of-range›10 }`,
  "halving: more seeds than there are": `${TWO}\nseeds: [1, 2]\nhalving: { seeds: ‹out-of-range›3 }`,
  "halving: seeds that are added": `${TWO}\nseeds: { until: decided }\n‹both-given›halving: { first: 1 }`,
  "halving: different lengths": `${SWEEP}variants: [{ name: a }, { name: b, set: { training.epochs: 3 } }, { name: c, set: { network.se.r: 2 } }]\n‹unequal-epochs›halving: { first: 1 }`,
  "stop: nothing": training("stop: ‹out-of-range›{}"),
  "random: not of training": `${TWO}\nrandom: { ‹unsafe-path›network.stem.filters: { int: [4, 8] } }`,
  "random: no such key": `${TWO}\nrandom: { ‹unknown-key›training.rate: { log: [0.1, 1] } }`,
  "random: a range that descends": `${TWO}\nrandom: { training.labelSmoothing: { uniform: ‹unordered›[0.2, 0.1] } }`,
  "random: no logarithm of 0": `${TWO}\nrandom: { training.labelSmoothing: { log: [‹out-of-range›0, 0.1] } }`,
  "random: two distributions": `${TWO}\nrandom: { training.epochs: ‹wrong-length›{ int: [1, 2], choice: [1, 2] } }`,
  "random: what a variant sets": `${SWEEP}variants: [{ name: a }, { name: b, set: { ‹both-given›training.optimizer: { name: sgd } } }]\nrandom: { training.optimizer.learningRate: { log: [0.1, 1] } }`,
  "random: a value that is not allowed": `${TWO}\nrandom: { training.batchSize: ‹out-of-range›{ choice: [0, -1] } }`,
  "mistakes of a sweep of every kind": `${SWEEP}variants:
  - { name: a, ‹unknown-key›sett: 1, set: { ‹unknown-key›network.sse: off } }
  - { name: 'b\${r}', set: { network.se.r: '\${r}' }, grid: { r: [1, 2, ‹duplicate-value›1] } }
  - { name: c, set: { network.stem.kernel: ‹out-of-range›0 } }
  - { name: d, match: { params: ‹unknown-variant›aa } }
  - { name: ‹duplicate-variant›c }
seeds: [1, ‹duplicate-value›1]
compare: { baseline: ‹unknown-variant›plane, metric: ‹not-allowed›test_eror }`,
  "keys that are missing hide nothing": `name: e
dataset: { name: synthetic }
network: { ${STEM}, stages: [{ block: basic, filters: 8, groups: ‹indivisible›3 }] }
training: { epochs: 4, ‹missing-key›schedule: { name: steps }, classWeights: ‹wrong-length›[1, 2] }`,
  "mistakes of variants, and of their networks": `${SWEEP}variants:
  - { name: a, set: { ‹unknown-key›network.sse: off } }
  - { name: b, set: { network.stem.stride: ‹too-small›9 } }`,
  "several at once": `name: ‹unsafe-name›a/b
dataset: { name: ‹not-allowed›mnits }
network:
  stem: { filters: ‹wrong-type›"8", ‹unknown-key›kernels: 3 }
  stages:
    - { ‹unknown-key›blok: basic, block: ‹not-allowed›bottle, filters: 8 }
seed: ‹wrong-type›~`,
  // Sweeps
  "misspelt variants": `‹missing-key›name: s\nexperiment: base.yaml\n‹unknown-key›varients: [{ name: a }]`,
  "unknown key of a variant": variant("name: a, ‹unknown-key›sett: {}"),
  "unknown metric": `${variant("name: a")}\ncompare: { metric: ‹not-allowed›test_eror }`,
  "variant without a name": `${SWEEP}variants: [‹missing-key›{}]`,
  "no variants": `${SWEEP}variants: ‹out-of-range›[]`,
  "repeated seed": `${variant("name: a")}\nseeds: [1, 2, ‹duplicate-value›1]`,
  "axis without values": variant("name: a, set: { seed: '${e}' }, grid: { e: ‹out-of-range›[] }"),
  "axis with a bad name": variant("name: a, set: {}, grid: { ‹unsafe-name›__proto__: [1] }"),
  "missing experiment": `name: s\nexperiment: ‹no-such-file›bse.yaml\nvariants: [{ name: a }]`,
  "sweep as the experiment": `name: s\nexperiment: ‹not-an-experiment›text.yaml\nvariants: [{ name: a }]`,
  "broken experiment": { text: variant("name: a"), base: "name: [e\n‹yaml-syntax›seed: 1" },
  "mistake in the experiment of two variants": { text: TWO, base: `${BASE}seed: ‹out-of-range›-1` },
  "experiment written out": `name: s\nexperiment: { dataset: ‹wrong-type›mnist, network: ‹wrong-type›1 }\nvariants: [{ name: a }]`,
  "no experiment, unused axis": `name: s\nexperiment: ‹no-such-file›x\nvariants: [{ name: a, grid: { ‹unused-axis›r: [1] } }]`,
  "axis that set does not use": variant("name: 'a${r}', grid: { ‹unused-axis›r: [1, 2] }"),
  "unknown axes": variant(
    "name: ‹unknown-axis›'${q}', grid: { r: [1] }, set: { seed: ‹unknown-axis›'${rr}${r}' }",
  ),
  "unknown axis in a path": variant("name: a, set: { ‹unknown-axis›'network.stages.${i}.repeat': 1 }"),
  "one axis twice": variant(
    "name: a, set: { seed: '${e}' }, grid: { e: [1] }, zip: { ‹duplicate-axis›e: [1] }",
  ),
  "excluded axis": variant(
    "name: 'e${e}', set: { seed: '${e}' }, grid: { e: [1, 2] }, exclude: [{ ‹unknown-axis›f: 1 }]",
  ),
  "excluded value": variant(
    "name: 'e${e}', set: { seed: '${e}' }, grid: { e: [1, 2] }, exclude: [{ e: ‹not-allowed›3 }]",
  ),
  "excluded twice": variant(
    "name: 'e${e}', set: { seed: '${e}' }, grid: { e: [1, 2] }, exclude: [{ e: 1 }, ‹unused-key›{ e: 1 }]",
  ),
  "everything excluded": variant(
    "name: 'e${e}', set: { seed: '${e}' }, grid: { e: [1] }, ‹out-of-range›exclude: [{ e: 1 }]",
  ),
  "unequal zip": variant("name: a, set: { seed: '${p}${q}' }, ‹unequal-zip›zip: { p: [1], q: [1, 2] }"),
  "value given twice": variant(
    "name: 'a${e}', set: { seed: '${e}' }, grid: { e: [1, 2, ‹duplicate-value›1] }",
  ),
  "idle axis": variant("name: '${r}', set: { network.se.r: '${r}' }, grid: { ‹idle-axis›r: [64, 32] }"),
  "axis of seeds": variant("name: 'a${s}', set: { seed: '${s}' }, grid: { ‹idle-axis›s: [1, 2] }"),
  "variants of one name": `${SWEEP}variants: [{ name: a }, { name: ‹duplicate-variant›A }]`,
  "axis missing in the name": variant(
    "name: ‹duplicate-variant›a, set: { training.epochs: '${e}' }, grid: { e: [1, 2] }",
  ),
  "unsafe names": `${SWEEP}variants: [{ name: ‹unsafe-name›../x }, { name: ‹unsafe-name›a/b }, { name: ‹unsafe-name›a. }]`,
  "unsafe by an axis": variant("name: ‹unsafe-name›'/${e}', set: { seed: '${e}' }, grid: { e: [1, 2] }"),
  "baseline that is no variant": `${variant("name: plain")}\ncompare: { baseline: ‹unknown-variant›plian }`,
  "wrong name and wrong baseline": `${variant("name: ‹unsafe-name›-a")}\ncompare: { baseline: ‹unknown-variant›b }`,
  // What a variant is to cost
  "match of a variant that is none": `${SWEEP}variants: [{ name: plain }, { name: wide, match: { params: ‹unknown-variant›plian } }]`,
  "match of itself": variant("name: a, match: { params: ‹matched-twice›a }"),
  "match of nothing": `${SWEEP}variants: [{ name: a }, { name: b, ‹nothing-to-match›match: { by: depth } }]`,
  "match of two things": `${SWEEP}variants: [{ name: a }, { name: b, ‹both-given›match: { params: a, macs: a } }]`,
  "match by another way": `${SWEEP}variants: [{ name: a }, { name: b, match: { params: a, by: ‹not-allowed›widht } }]`,
  "match with an axis there is not": `${SWEEP}variants: [{ name: a }, { name: b, match: { params: ‹unknown-axis›"a\${r}" } }]`,
  "match out of reach": `${SWEEP}variants: [{ name: a, set: { network.stages.0.filters: 2000 } }, { name: b, ‹no-match›match: { params: a } }]`,
  "match that leaves it as it is": `${SWEEP}variants: [{ name: a }, { name: b, ‹no-match›match: { params: a } }]`,
  "match that comes no nearer": `${SWEEP}variants: [{ name: a, set: { network.stages.0.filters: 20 } }, { name: b, ‹no-match›match: { macs: a, by: depth } }]`,
  // What a variant sets
  "two gates at once": `${SWEEP}variants: [{ name: a, set: { ‹both-given›network.attention: { type: eca }, network.se: { r: 2 } } }]`,
  "wrong value": variant("name: a, set: { network.se: ‹not-allowed›of }"),
  "wrong value in a mapping": variant("name: a, set: { network.se: { r: ‹out-of-range›0 } }"),
  "unknown path": variant("name: a, set: { ‹unknown-key›network.sse: off }"),
  "what a new mapping lacks": variant("name: a, set: { ‹missing-key›training.optimizer.momentum: 0.5 }"),
  "item that is not there": variant("name: a, set: { ‹no-such-item›network.stages.1.repeat: 2 }"),
  "__proto__ in a path": variant("name: a, set: { ‹unsafe-path›__proto__.x: 1 }"),
  "two that cannot be set": `${SWEEP}variants:
  - { name: a, set: { ‹unsafe-path›network..se: off, ‹no-such-item›network.stages.x: 1 } }
  - { name: b, set: { network.se.r: ‹out-of-range›0 } }
  - { name: ‹duplicate-variant›a }`,
  "value left empty": variant("name: a, set: { ‹empty-value›network.se: }"),
  "key that is not there taken away": variant("name: a, set: { ‹no-match›network.padding: ~ }"),
  "item taken away": variant("name: a, set: { ‹no-such-item›network.stages.0: null }"),
  "key taken away that is needed": {
    text: variant("name: a, set: { network.stages: null }"),
    base: `${TOP}‹missing-key›network: { ${STEM}, stages: [${STAGE}] }`,
  },
  "nothing at any depth": variant("name: a, set: { ‹no-match›network.**.zeroInit: true }"),
  "no gate at any depth": variant("name: a, set: { ‹no-match›network.**.attention.r: 2 }"),
  "no path after any depth": variant("name: a, set: { ‹no-match›network.**: 2 }"),
  "gate of stages that have their own": {
    text: `${SWEEP}variants:
  - { name: plain, set: { ‹not-reached›network.se: off } }
  - { name: eca, set: { ‹not-reached›network.attention: { type: eca } } }
  - { name: r2, set: { ‹not-reached›network.se.r: 2 } }`,
    base: gated("stages: [{ block: basic, filters: 8, se: { r: 4 } }, { block: basic, filters: 8 }]"),
  },
  "ratio of stages that have their own": {
    text: `${SWEEP}variants: [{ name: a, set: { ‹not-reached›network.se.r: 2 } }, { name: b, set: { ‹not-reached›network.se: { r: 2 } } }]`,
    base: gated("stages: [{ block: basic, filters: 8, r: 4 }, { block: basic, filters: 8 }]"),
  },
  "gate of stages that have none": {
    text: variant("name: a, set: { ‹not-reached›network.attention: { type: eca } }"),
    base: gated("stages: [{ block: basic, filters: 8, se: off }, { block: basic, filters: 8 }]"),
  },
  "gates of modules": {
    text: variant("name: plain, set: { ‹not-reached›network.se: off }"),
    base: `${TOP}network: { ${STEM}, stages: [{ modules: [{ residual: { branch: [{ conv: { filters: 8 } }, { attention: { type: se } }] } }] }] }`,
  },
  "gate of stages, after one for all": {
    text: gated("stages: [{ block: basic, filters: 8, se: { r: 4 } }, { block: basic, filters: 8 }]").replace(
      "name: e",
      "name: e",
    ),
    set: "‹not-reached›network.se={ r: 2 }",
  },
  "ratio beside a whole gate": {
    text: variant("name: a, set: { ‹not-reached›network.se: {} }"),
    base: gated("stages: [{ block: basic, filters: 8, r: 4 }, { block: basic, filters: 8 }]"),
  },
  "gate of one stage, by a part of it": {
    text: variant("name: a, set: { network.stages.0.se.bias: false, ‹not-reached›network.se: off }"),
    base: gated("stages: [{ block: basic, filters: 8, se: { r: 4 } }, { block: basic, filters: 8 }]"),
  },
  "gates of stages that have none of their own": {
    text: variant("name: a, set: { ‹no-match›network.stages.**.se: off }"),
    base: gated("stages: [{ block: basic, filters: 8, r: 4 }, { block: basic, filters: 8 }]"),
  },
  "placement in modules": stage(
    "modules: [{ conv: { filters: 8 } }, { attention: { type: se, ‹unused-key›placement: post } }]",
  ),
  "mapping for a name": training("optimizer: { name: ‹not-allowed›{ toString: 3 } }"),
  "shortcut of stages that have their own": {
    text: variant("name: a, set: { ‹not-reached›network.shortcut: zero-pad }"),
    base: `${TOP}network: { ${STEM}, stages: [{ block: basic, filters: 16, shortcut: projection }, { block: basic, filters: 32 }] }`,
  },
  "gate of stages that have their own, by a flag": {
    text: gated("stages: [{ block: basic, filters: 8, se: { r: 4 } }, { block: basic, filters: 8 }]"),
    set: "‹not-reached›network.se=off",
  },
  "even kernel of ECA": stage("block: basic, filters: 8, attention: { type: eca, kernel: ‹out-of-range›4 }"),
  // `se`, which is short for `attention`
  "type of a gate in se": stage("block: basic, filters: 8, se: { ‹unknown-key›type: eca }"),
  "list for se": stage("block: basic, filters: 8, se: ‹not-allowed›[4]"),
  "wrong value of the network's se": gated(`stages: [${STAGE}]`).replace(
    "se: {}",
    "se: { r: ‹out-of-range›0 }",
  ),
  "network's se that is not read by blocks of modules": `${TOP}network: { ${STEM}, ‹unused-key›se: {}, stages: [{ modules: [{ relu: {} }] }] }`,
  "se in modules": stage("modules: [{ ‹unknown-key›se: { r: 4 } }]"),
  "ratio of se where there is another gate": {
    text: `${TOP}network: { ${STEM}, attention: { type: eca }, stages: [${STAGE}] }`,
    set: "‹both-given›network.se.r=8",
  },
  "ratio of se where se is off": {
    text: gated(`stages: [${STAGE}]`).replace("se: {}", "se: off"),
    set: "network.se.r=‹out-of-range›0",
  },
  "wrong se that is replaced": {
    text: `${TOP}network: { ${STEM}, se: of, stages: [{ block: basic, filters: ‹out-of-range›0 }] }`,
    set: "network.se=off",
  },
  "two gates that are replaced": {
    text: `${TOP}network: { ${STEM}, se: {}, attention: off, stages: [{ block: basic, filters: ‹out-of-range›0 }] }`,
    set: "network.se={}",
  },
  "wrong se by a flag": { text: BASE, set: "network.se=‹not-allowed›of" },
  "another gate as se, by a flag": { text: BASE, set: "network.se={ ‹unknown-key›type: eca }" },
  "wrong se at any depth": { text: gated(`stages: [${STAGE}]`), set: "network.**.se={ r: ‹out-of-range›0 }" },
  "wrong ratio at any depth": { text: gated(`stages: [${STAGE}]`), set: "network.**.se.r=‹out-of-range›0" },
  "se within a stage, by a flag": {
    text: BASE,
    set: "network.stages.0={ block: basic, filters: 8, se: { ‹unknown-key›ratio: 2 } }",
  },
  "se within a network, by a flag": {
    text: BASE,
    set: "network={ stem: { filters: 8 }, se: { r: ‹wrong-type›x }, stages: [{ block: basic, filters: 8, se: { gate: ‹not-allowed›relv } }] }",
  },
  "se taken away that is not there": { text: BASE, set: "‹no-match›network.se=null" },
  "se of an item that is not there": { text: BASE, set: "‹no-such-item›network.stages.7.se.r=2" },
  "rows given twice": variant(
    "name: 'a${s}-${t}', set: { training.epochs: '${s}', training.batchSize: '${t}' }, zip: { s: [1, 2, ‹duplicate-value›1], t: [3, 4, 3] }",
  ),
  "stride too large": variant("name: a, set: { network.stem.stride: ‹too-small›9 }"),
  "value of the experiment that a variant makes wrong": {
    text: variant("name: a, set: { network.se: off }"),
    base: `${TOP}network: { ${STEM}, se: {}, stages: [{ block: basic, filters: 8, ‹r-without-se›r: 8 }] }`,
  },
  "nothing to set it in": { text: variant("name: a, set: { seed: 1 }"), base: "‹wrong-type›- 1" },
  // --set
  "flag without a value": { text: BASE, set: "‹set-syntax›training.epochs" },
  "flag without a path": { text: BASE, set: "‹set-syntax›=5" },
  "flag that is not YAML": { text: BASE, set: "network.se={ r: 1 ‹yaml-syntax›]" },
  "flag with an unknown path": { text: BASE, set: "‹unknown-key›training.epoch=5" },
  "flag with a wrong type": { text: BASE, set: "training.epochs=‹wrong-type›five" },
  "flag with a mapping": { text: BASE, set: "network.se={ r: ‹out-of-range›0 }" },
  "flag left empty": { text: BASE, set: "‹set-syntax›seed=" },
  "flag for all variants": { text: TWO, set: "network.se.r=‹out-of-range›0" },
  "flag with an alias": { text: BASE, set: "seed=‹unknown-alias›*s" },
};

const folder = mkdtempSync(join(tmpdir(), "squeezebox-broken-"));
const TEXT = join(folder, "text.yaml");
const BASE_FILE = join(folder, "base.yaml");

/** Reads the files as a command does and compares the diagnostics with the marks in the texts. */
async function check(input: string | Input): Promise<void> {
  const { text, base = BASE, set } = typeof input === "string" ? { text: input } : input;
  writeFileSync(TEXT, unmarked(text));
  writeFileSync(BASE_FILE, unmarked(base));
  const found = await diagnose(set === undefined ? [] : [unmarked(set)]);
  assert.deepEqual(
    sortDiagnostics(found).map(({ code, location: at }) => [basename(at.file), code, at.line, at.column]),
    [...marks("--set", set ?? ""), ...marks("base.yaml", base), ...marks("text.yaml", text)],
  );
}

async function diagnose(flags: readonly string[]): Promise<readonly Diagnostic[]> {
  const facts = describedFacts(() => {});
  try {
    const overrides = flags.map(parseSetFlag);
    if (isSweep(readSource(TEXT))) await expandSweep(loadSweep(TEXT), overrides, facts);
    else {
      const loaded = loadExperiment(TEXT, overrides);
      networkOf(loaded, await facts(loaded));
    }
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}

const MARK = /‹([a-z-]+)›/g;

const unmarked = (text: string) => text.replace(MARK, "");

/** Name of the file, code, line and column from 1. */
function marks(file: string, text: string): [string, string, number, number][] {
  return Array.from(text.matchAll(MARK), ({ 1: code = "", index }) => {
    const lines = unmarked(text.slice(0, index)).split("\n");
    return [file, code, lines.length, (lines.at(-1) ?? "").length + 1];
  });
}

describe("broken configurations", () => {
  after(() => rmSync(folder, { recursive: true }));
  for (const [name, input] of Object.entries(TABLE)) it(name, () => check(input));
});
