import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment, type NetworkSpec } from "../../src/config/experiment.js";
import { readExperiment } from "../../src/config/extended.js";
import { longForm } from "../../src/config/shorthand.js";
import { describeDataset } from "../../src/data/dataset.js";
import { buildNetwork, type NetworkInput } from "../../src/network/build-network.js";
import { checkNetwork } from "../../src/network/check-network.js";
import { complexityOf } from "../../src/network/complexity.js";
import { canScale, type MatchAsked, matchCost } from "../../src/network/match-cost.js";

function load(name: string): { network: NetworkSpec; input: NetworkInput } {
  const checked = checkExperiment(longForm(readExperiment(`configs/${name}.yaml`)), "configs/zoo");
  assert.ok(checked.ok);
  const input = describeDataset(checked.value.dataset);
  assert.ok(input);
  return { network: checked.value.network, input };
}

function costOf(network: NetworkSpec, input: NetworkInput, cost: MatchAsked["cost"]): number {
  const { params, macs } = complexityOf(buildNetwork(network, input));
  return cost === "params" ? params.trainable : macs;
}

/** The kinds of nodes in their order: what widening leaves as it is. */
const structure = (network: NetworkSpec, input: NetworkInput) =>
  buildNetwork(network, input).map(({ op, inputs }) => `${op} ${inputs}`);

describe("a network as wide as another costs", () => {
  const check = (plain: string, other: string, cost: MatchAsked["cost"], within: number) =>
    it(`${plain} with the ${cost} of ${other}`, () => {
      const { network, input } = load(plain);
      const target = costOf(load(other).network, input, cost);
      const matched = matchCost(network, input, { cost, target, by: "width" });
      assert.ok(matched);
      assert.ok(Math.abs(matched.ratio - 1) <= within, `${matched.change}: ratio ${matched.ratio}`);
      assert.equal(costOf(matched.network, input, cost) / target, matched.ratio);
      assert.deepEqual(checkNetwork(buildNetwork(matched.network, input), input.classes), []);
      assert.deepEqual(structure(matched.network, input), structure(network, input));
      // Nearer than the network that was there, where that was not as near already.
      assert.ok(Math.abs(matched.ratio - 1) <= Math.abs(costOf(network, input, cost) / target - 1));
    });

  check("zoo/resnet-50", "zoo/se-resnet-50", "params", 0.001);
  check("zoo/resnet-50", "zoo/resnet-101", "macs", 0.001);
  check("zoo/resnet-101", "zoo/resnet-50", "params", 0.001);
  check("zoo/resnext-50", "zoo/se-resnext-50", "params", 0.03);
  check("zoo/senet-154", "zoo/resnet-152", "params", 0.03);
  check("zoo/cifar-resnet-20-a", "zoo/cifar-resnet-56-b", "params", 0.003);
  check("zoo/cifar-resnet-164", "zoo/cifar-resnet-110-b", "params", 0.003);
  check("mnist/se-resnet20", "mnist/se-resnet50", "params", 0.001);
});

describe("a network as deep as another costs", () => {
  const check = (plain: string, target: (own: number) => number, blocks: string | null) =>
    it(`${plain}: blocks ${blocks}`, () => {
      const { network, input } = load(plain);
      const asked = { cost: "macs", target: target(costOf(network, input, "macs")), by: "depth" } as const;
      const found = matchCost(network, input, asked);
      assert.equal(found?.change.replace(/^blocks .* -> /, "") ?? null, blocks);
      // What is added up block by block is what the graph says.
      if (found) assert.equal(costOf(found.network, input, "macs"), Math.round(found.ratio * asked.target));
    });

  const macsOf = (name: string) => costOf(load(name).network, load(name).input, "macs");
  check("zoo/cifar-resnet-20-b", (own) => own, "3, 3, 3");
  check("zoo/resnet-50", (own) => own, "3, 4, 6, 3");
  check("zoo/resnet-18", () => macsOf("zoo/resnet-34"), "4, 4, 4, 4");
  check("zoo/resnet-50", () => macsOf("zoo/resnet-101"), "6, 8, 13, 6");
  check("zoo/cifar-resnet-20-b", (own) => own / 100, null);
  check("zoo/cifar-resnet-20-b", (own) => own * 100, null);
});

it("depths out of proportion are found where they come nearer: ResNet-34 from ResNet-18", () => {
  const { network, input } = load("zoo/resnet-18");
  const target = costOf(load("zoo/resnet-34").network, input, "params");
  const found = matchCost(network, input, { cost: "params", target, by: "depth" });
  assert.deepEqual([found?.change, found?.ratio], ["blocks 2, 2, 2, 2 -> 3, 4, 6, 3", 1]);
});

it("widths that grouped convolutions read or write stay multiples of the groups, wherever they come from", () => {
  const { network, input } = load("zoo/cifar-resnet-20-b");
  const stages = network.stages.map((stage) => ({ ...stage, groups: 8 }));
  const grouped = { ...network, stages };
  for (const factor of [0.5, 1.1, 2, 3]) {
    const target = factor * costOf(grouped, input, "params");
    const matched = matchCost(grouped, input, { cost: "params", target, by: "width" });
    assert.ok(matched);
    assert.deepEqual(checkNetwork(buildNetwork(matched.network, input), input.classes), []);
  }
});

it("modules written out have no width or depth to scale", () => {
  const { network } = load("zoo/vgg-16");
  assert.deepEqual([canScale(network, "width"), canScale(network, "depth")], [false, false]);
  const resnet = load("zoo/resnet-50").network;
  assert.deepEqual([canScale(resnet, "width"), canScale(resnet, "depth")], [true, true]);
});
