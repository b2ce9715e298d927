import assert from "node:assert/strict";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { buildNetwork, type NetworkInput } from "../../src/network/build-network.js";
import { type Complexity, complexityOf } from "../../src/network/complexity.js";
import type { Graph } from "../../src/network/graph.js";

const CIFAR: NetworkInput = { shape: { height: 32, width: 32, channels: 3 }, classes: 10 };
const IMAGENET: NetworkInput = { shape: { height: 224, width: 224, channels: 3 }, classes: 1000 };
const MNIST: NetworkInput = { shape: { height: 28, width: 28, channels: 1 }, classes: 10 };

type Se = "off" | { readonly r: number; readonly bias: boolean };
const SE: Se = { r: 16, bias: true };
const SE_WITHOUT_BIAS: Se = { r: 16, bias: false };

/** The network as a user would write it. */
function graphOf(network: object, input: NetworkInput): Graph {
  const text = JSON.stringify({ name: "published", dataset: { name: "mnist" }, network });
  const checked = checkExperiment(longForm(parseSource(text, "published.yaml")), "/");
  assert.ok(checked.ok, JSON.stringify(checked));
  return buildNetwork(checked.value.network, input);
}

/** Three stages of n basic blocks: ResNet-(6n + 2) of He et al. 2015, section 4.2. */
function cifarResNet(depth: number, rest: object): Graph {
  const repeat = (depth - 2) / 6;
  const stages = [16, 32, 64].map((filters, index) => ({
    block: "basic",
    repeat,
    filters,
    stride: index === 0 ? 1 : 2,
  }));
  return graphOf({ stem: { filters: 16 }, stages, ...rest }, CIFAR);
}

const DEPTHS = {
  18: { block: "basic", repeats: [2, 2, 2, 2] },
  34: { block: "basic", repeats: [3, 4, 6, 3] },
  50: { block: "bottleneck", repeats: [3, 4, 6, 3] },
  101: { block: "bottleneck", repeats: [3, 4, 23, 3] },
  152: { block: "bottleneck", repeats: [3, 8, 36, 3] },
} as const;

type Depth = keyof typeof DEPTHS;

function imageNetResNet(depth: Depth, rest: object, input = IMAGENET): Graph {
  const { block, repeats } = DEPTHS[depth];
  const stages = repeats.map((repeat, index) => ({
    block,
    repeat,
    filters: 64 * 2 ** index,
    stride: index === 0 ? 1 : 2,
  }));
  const stem = { filters: 64, kernel: 7, stride: 2, pool: { type: "max", kernel: 3, stride: 2 } };
  return graphOf({ stem, stages, ...rest }, input);
}

const complexity = (graph: Graph): Complexity => complexityOf(graph);
const check = (graph: Graph, expected: { params: number; macs?: number; activations?: number }) => {
  const { params, macs, activations } = complexity(graph);
  assert.deepEqual(
    { params: params.trainable, macs, activations },
    {
      params: expected.params,
      macs: expected.macs ?? macs,
      activations: expected.activations ?? activations,
    },
  );
};

const A = { shortcut: "zero-pad" };
const B = { shortcut: "projection" };

describe("published counts of CIFAR ResNets", function () {
  this.timeout(60_000);

  it("with option A", () => {
    check(cifarResNet(20, A), { params: 269_722, macs: 40_551_040 });
    check(cifarResNet(32, A), { params: 464_154, macs: 68_862_592 });
    check(cifarResNet(56, A), { params: 853_018, macs: 125_485_696 });
    check(cifarResNet(110, A), { params: 1_727_962, macs: 252_887_680 });
  });

  it("with option B; pycls adds the classifier's ten biases to the MACs", () => {
    check(cifarResNet(20, B), { params: 272_474 });
    check(cifarResNet(32, B), { params: 466_906 });
    check(cifarResNet(56, B), { params: 855_770, macs: 125_747_850 - 10, activations: 544_778 });
    check(cifarResNet(110, B), { params: 1_730_714, macs: 253_149_834 - 10, activations: 1_060_874 });
  });

  it("with SE, r = 16, with and without biases", () => {
    for (const [depth, bias, none] of [
      [20, 274_847, 274_490],
      [32, 470_861, 470_266],
      [56, 862_889, 861_818],
      [110, 1_744_952, 1_742_810],
    ] as const) {
      check(cifarResNet(depth, { ...B, se: SE }), { params: bias });
      check(cifarResNet(depth, { ...B, se: SE_WITHOUT_BIAS }), { params: none });
    }
  });
});

describe("published counts of ImageNet ResNets", function () {
  this.timeout(60_000);

  const FIRST = { strideIn: "1x1" };
  const MIDDLE = { strideIn: "3x3" };

  it("plain, the stride in the first 1x1 or in the 3x3", () => {
    check(imageNetResNet(18, {}), { params: 11_689_512, macs: 1_814_073_344 });
    check(imageNetResNet(34, {}), { params: 21_797_672, macs: 3_663_761_408 });
    check(imageNetResNet(50, FIRST), { params: 25_557_032, macs: 3_857_973_248 });
    check(imageNetResNet(50, MIDDLE), { params: 25_557_032, macs: 4_089_184_256 });
    check(imageNetResNet(101, FIRST), { params: 44_549_160, macs: 7_570_194_432 });
    check(imageNetResNet(101, MIDDLE), { params: 44_549_160, macs: 7_801_405_440 });
    check(imageNetResNet(152, FIRST), { params: 60_192_808, macs: 11_282_415_616 });
    check(imageNetResNet(152, MIDDLE), { params: 60_192_808, macs: 11_513_626_624 });
  });

  it("with SE", () => {
    check(imageNetResNet(18, { se: SE }), { params: 11_778_592 });
    check(imageNetResNet(18, { se: SE_WITHOUT_BIAS }), { params: 11_776_552 });
    check(imageNetResNet(50, { se: SE, ...FIRST }), { params: 28_088_024, macs: 3_860_488_192 });
    check(imageNetResNet(50, { se: SE, ...MIDDLE }), { params: 28_088_024, macs: 4_091_699_200 });
    check(imageNetResNet(50, { se: SE_WITHOUT_BIAS }), { params: 28_071_976 });
    check(imageNetResNet(101, { se: SE }), { params: 49_326_872, macs: 7_574_937_600 });
    check(imageNetResNet(101, { se: SE_WITHOUT_BIAS }), { params: 49_292_328 });
    for (const [r, params] of [
      [4, 35_616_808],
      [8, 30_586_920],
      [16, 28_071_976],
    ] as const)
      check(imageNetResNet(50, { se: { r, bias: false } }), { params });
  });

  it("the walkthrough's SE-ResNet-50 on 28x28x1", () => {
    check(imageNetResNet(50, { se: SE, bias: true }, MNIST), { params: 26_079_802 });
  });
});

describe("SRM", () => {
  it("has the parameters of EvgenyKashin/SRMnet, in PyTorch", () => {
    const srm = { attention: { type: "srm" } };
    check(cifarResNet(32, { ...B, ...srm }), { params: 469_146 });
    check(imageNetResNet(50, srm), { params: 25_617_448 });
  });

  it("adds 2 C multiply-adds a block: one for each channel's mean, one for its deviation", () => {
    const macs = (attention: object | "off") => complexity(imageNetResNet(50, { attention })).macs;
    assert.equal(macs({ type: "srm" }) - macs("off"), 2 * (3 * 256 + 4 * 512 + 6 * 1024 + 3 * 2048));
  });
});

describe("SE", function () {
  this.timeout(60_000);

  const difference = (graph: (se: Se) => Graph, se: Se) =>
    complexity(graph(se)).params.trainable - complexity(graph("off")).params.trainable;

  it("adds the parameters of eq. 5: (2 / r) sum over stages of blocks times channels squared", () => {
    for (const r of [2, 4, 8, 16]) {
      const without = { r, bias: false };
      for (const depth of [18, 34, 50, 101, 152] as const) {
        const { block, repeats } = DEPTHS[depth];
        const widths = [64, 128, 256, 512].map((filters) => (block === "basic" ? 1 : 4) * filters);
        const expected = repeats.reduce(
          (sum, n, stage) => sum + (2 / r) * n * (widths[stage] as number) ** 2,
          0,
        );
        assert.equal(
          difference((se) => imageNetResNet(depth, { se }), without),
          expected,
        );
      }
      for (const depth of [20, 32, 56, 110])
        assert.equal(
          difference((se) => cifarResNet(depth, { se, ...A }), without),
          [16, 32, 64].reduce((sum, width) => sum + (2 / r) * ((depth - 2) / 6) * width ** 2, 0),
        );
    }
  });

  it("squeezes to max(1, floor(C / r)) channels", () => {
    for (const [r, units] of [
      [1, [16, 32, 64]],
      [5, [3, 6, 12]],
      [32, [1, 1, 2]],
      [4096, [1, 1, 1]],
    ] as const) {
      const expected = units.reduce((sum, width, stage) => sum + 3 * 2 * width * 16 * 2 ** stage, 0);
      assert.equal(
        difference((se) => cifarResNet(20, { se }), { r, bias: false }),
        expected,
      );
    }
  });

  it("can be given to one stage alone", () => {
    for (const [stage, params] of [
      [0, 25_581_608],
      [1, 25_688_104],
      [2, 26_343_464],
    ] as const) {
      const { repeats } = DEPTHS[50];
      const stages = repeats.map((repeat, index) => ({
        ...{ block: "bottleneck", repeat, filters: 64 * 2 ** index, stride: index === 0 ? 1 : 2 },
        ...(index === stage ? { se: SE_WITHOUT_BIAS } : {}),
      }));
      check(imageNetResNet(50, { stages }), { params });
    }
  });
});

describe("stages", function () {
  this.timeout(60_000);

  const depthsOf = (graph: Graph) => {
    const blocks = graph.filter(({ op }) => op === "add").map(({ name }) => name.split(".")[0] as string);
    return [...new Set(blocks)].map((stage) => blocks.filter((other) => other === stage).length);
  };

  it("are as deep as their networks' names say", () => {
    for (const depth of [18, 34, 50, 101, 152] as const) {
      const graph = imageNetResNet(depth, {});
      assert.deepEqual(depthsOf(graph), DEPTHS[depth].repeats);
      const weighing = graph.filter(
        ({ op, name }) => (op === "conv" || op === "dense") && !/shortcut/.test(name),
      );
      assert.equal(weighing.length, depth);
    }
    for (const depth of [20, 32, 56, 110])
      assert.deepEqual(depthsOf(cifarResNet(depth, A)), new Array(3).fill((depth - 2) / 6));
  });

  it("put SE into every block, before the sum, with no ReLU in between", () => {
    const graph = imageNetResNet(50, { se: SE });
    const nodes = new Map(graph.map((node) => [node.name, node]));
    for (const sum of graph.filter(({ op }) => op === "add")) {
      const scale = nodes.get(sum.inputs[0] as string);
      assert.equal(scale?.op, "scale");
      assert.equal(nodes.get(scale?.inputs[0] as string)?.op, "batch-norm");
    }
    assert.equal(graph.filter(({ op }) => op === "scale").length, 16);
  });
});
