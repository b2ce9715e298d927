import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { readExperiment } from "../../src/config/extended.js";
import { applyOverrides, parseSetFlag } from "../../src/config/override.js";
import { longForm } from "../../src/config/shorthand.js";
import { describeDataset } from "../../src/data/dataset.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { checkNetwork } from "../../src/network/check-network.js";
import { complexityOf } from "../../src/network/complexity.js";

/** Name, parameters (trainable, total), MACs, activations of every network of the zoo; `npm run golden` writes it anew. */
const GOLDEN = "test/golden/zoo.csv";
const ZOO = "configs/zoo";

/**
 * Published counts: learnable parameters, and multiply-adds where a source gives them to the unit. Sources: the authors'
 * released prototxts (github.com/hujie-frank/SENet), pycls' golden complexities, timm, imgclsmob, and the papers. `bench/counts.py` computes
 * those of timm and torchvision, multiply-adds included.
 */
const PUBLISHED: Readonly<Record<string, [params: number, macs?: number]>> = {
  "resnet-18": [11_689_512],
  "resnet-34": [21_797_672],
  "resnet-50": [25_557_032, 3_857_973_248],
  "resnet-101": [44_549_160, 7_570_194_432],
  "resnet-152": [60_192_808, 11_282_415_616],
  "resnext-50": [25_028_904, 4_230_479_872],
  "se-resnet-18": [11_778_592],
  "se-resnet-50": [28_088_024, 3_860_488_192],
  "se-resnet-101": [49_326_872, 7_574_937_600],
  "se-resnext-50": [27_559_896, 4_232_994_816],
  "senet-154": [115_088_984, 20_688_363_520],
  "bn-inception": [11_285_224, 2_032_600_064],
  "se-bn-inception": [11_931_622, 2_033_239_424],
  "vgg-16": [138_357_544, 15_470_264_320],
  "vgg-16-bn": [138_365_992, 15_470_264_320],
  "inception-resnet-v2": [55_843_464, 13_155_794_016],
  mobilenet: [4_231_976, 568_740_352],
  "se-mobilenet": [4_711_720],
  shufflenet: [1_865_728, 137_460_672],
  "mobilenet-v2": [3_504_872, 300_774_272],
  "mobilenet-v3-large": [5_483_032, 216_589_760],
  "mobilenet-v3-small": [2_542_856, 56_510_400],
  "efficientnet-b0": [5_288_548, 385_814_752],
  "efficientnet-b1": [7_794_184, 686_802_832],
  "efficientnet-b2": [9_109_994, 993_561_872],
  "efficientnet-b3": [12_233_232, 1_827_141_392],
  "mnasnet-a1": [3_887_038, 311_579_072],
  "mnasnet-b1": [4_383_312, 314_415_872],
  "regnetx-200mf": [2_684_792, 199_039_872],
  "regnetx-400mf": [5_157_512, 397_677_568],
  "regnetx-800mf": [7_259_656, 799_699_712],
  "regnety-200mf": [3_162_996, 199_514_080],
  "regnety-400mf": [4_344_144, 401_842_848],
  "regnety-800mf": [6_263_168, 797_176_832],
  "resnet-50-d": [25_576_264, 4_328_824_832],
  "se-resnet-50-d": [28_107_256, 4_331_339_776],
  "eca-resnet-50-d": [25_576_350, 4_328_912_640],
  "densenet-121": [7_978_856, 2_834_161_664],
  "se-densenet-121": [8_284_952, 2_834_464_768],
  "res2net-50": [25_699_120, 4_255_166_464],
  "se-res2net-50": [28_230_112, 4_257_681_408],
  "sk-resnet-50": [25_803_160, 4_089_422_336],
  "resnest-50": [27_483_240, 5_371_160_576],
  // The code of the authors, github.com/murufeng/EPSANet and github.com/cfzd/FcaNet, has as many parameters.
  "epsanet-50": [22_561_715, 3_597_900_160],
  "fca-resnet-50": [28_071_976],
  // timm's ResNet-50 with its GlobalContext(rd_ratio=1/16, rd_divisor=1, fuse_add=True, fuse_scale=False) after each block's last BatchNorm.
  "gc-resnet-50": [28_105_032, 4_097_218_560],
  "convnext-t": [28_589_128, 4_455_531_264],
  "preact-resnet-18": [11_687_848],
  "se-preact-resnet-18": [11_776_928],
  "cifar-resnet-20-a": [269_722, 40_551_040],
  "cifar-resnet-32-a": [464_154, 68_862_592],
  "cifar-resnet-56-a": [853_018, 125_485_696],
  "cifar-resnet-110-a": [1_727_962, 252_887_680],
  "cifar-resnet-20-b": [272_474],
  "cifar-resnet-32-b": [466_906],
  "cifar-resnet-56-b": [855_770, 125_747_840],
  "cifar-resnet-110-b": [1_730_714, 253_149_824],
  "cifar-se-resnet-20-b": [274_847],
  "cifar-se-resnet-32-b": [470_861],
  "cifar-se-resnet-56-b": [862_889],
  "cifar-se-resnet-110-b": [1_744_952],
  "cifar-resnet-164": [1_703_258],
};

/** The same with options of the shipped configuration changed. */
const PUBLISHED_WITH: readonly [name: string, set: string[], params: number, macs?: number][] = [
  ["resnet-50", ["network.strideIn=3x3"], 25_557_032, 4_089_184_256],
  ["resnet-101", ["network.strideIn=3x3"], 44_549_160, 7_801_405_440],
  ["resnet-152", ["network.strideIn=3x3"], 60_192_808, 11_513_626_624],
  ["se-resnet-50", ["network.se.bias=false"], 28_071_976],
  ["se-resnet-50", ["network.strideIn=3x3"], 28_088_024, 4_091_699_200],
  ["se-resnet-50", ["network.se={ r: 4, bias: false }"], 35_616_808],
  ["se-resnet-50", ["network.se={ r: 8, bias: false }"], 30_586_920],
  ["resnet-50", ["network.stages.0.se={ bias: false }"], 25_581_608],
  ["resnet-50", ["network.stages.1.se={ bias: false }"], 25_688_104],
  ["resnet-50", ["network.stages.2.se={ bias: false }"], 26_343_464],
  ["se-resnet-101", ["network.se.bias=false"], 49_292_328],
  ["se-resnet-18", ["network.se.bias=false"], 11_776_552],
  ["cifar-se-resnet-20-b", ["network.se.bias=false"], 274_490],
  ["cifar-se-resnet-32-b", ["network.se.bias=false"], 470_266],
  ["cifar-se-resnet-56-b", ["network.se.bias=false"], 861_818],
  ["cifar-se-resnet-110-b", ["network.se.bias=false"], 1_742_810],
];

function complexityIn(name: string, set: readonly string[] = []) {
  const located = applyOverrides(longForm(readExperiment(`${ZOO}/${name}.yaml`)), set.map(parseSetFlag));
  assert.ok(located.ok);
  const checked = checkExperiment(located.value, ZOO);
  assert.ok(checked.ok);
  const input = describeDataset(checked.value.dataset);
  assert.ok(input);
  const graph = buildNetwork(checked.value.network, input);
  assert.deepEqual(checkNetwork(graph, input.classes), []);
  assert.equal(checked.value.name, name);
  return complexityOf(graph);
}

describe("the zoo", () => {
  const names = readdirSync(ZOO)
    .map((file) => file.replace(".yaml", ""))
    .sort();

  it("has the golden complexities", () => {
    const rows = names.map((name) => {
      const { params, macs, activations } = complexityIn(name);
      return [name, params.trainable, params.total, macs, activations].join();
    });
    const found = `${["network,trainable,total,macs,activations", ...rows].join("\n")}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, found);
    assert.equal(found, readFileSync(GOLDEN, "utf8"));
  });

  for (const [name, [params, macs]] of Object.entries(PUBLISHED))
    it(`${name}: ${params} parameters${macs === undefined ? "" : `, ${macs} MACs`}, as published`, () => {
      const found = complexityIn(name);
      assert.equal(found.params.trainable, params);
      if (macs !== undefined) assert.equal(found.macs, macs);
    });

  for (const [name, set, params, macs] of PUBLISHED_WITH)
    it(`${name} --set ${set.join(" ")}: ${params} parameters${macs === undefined ? "" : `, ${macs} MACs`}, as published`, () => {
      const found = complexityIn(name, set);
      assert.equal(found.params.trainable, params);
      if (macs !== undefined) assert.equal(found.macs, macs);
    });
});
