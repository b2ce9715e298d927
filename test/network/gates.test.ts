import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { complexityOf } from "../../src/network/complexity.js";

const [C, SIZE] = [64, 6];
const R = 4;
const h = C / R;

function paramsOf(attention: string, more = ""): number {
  const text = `{ name: g, dataset: { name: synthetic }, network: { stem: { filters: ${C} }, stages: [{ block: basic, filters: ${C} }], attention: ${attention} ${more} } }`;
  const checked = checkExperiment(longForm(parseSource(text, "gate.yaml")), ".");
  assert.ok(checked.ok, JSON.stringify(checked));
  const input = { shape: { height: SIZE, width: SIZE, channels: 3 }, classes: 10 };
  return complexityOf(buildNetwork(checked.value.network, input)).params.trainable;
}

/** What each gate adds, by its paper's formula: C channels, h = C / r. */
const FORMULAS: Record<string, number> = {
  "{ type: se, r: 4 }": 2 * C * h + C + h,
  "{ type: se, r: 4, bias: false }": 2 * C * h,
  "{ type: se, width: 5 }": 2 * C * 5 + C + 5,
  "{ type: se, r: 3, rounding: nearest }": 2 * C * 21 + C + 21,
  "{ type: se, r: 6, rounding: multiple-of-8 }": 2 * C * 16 + C + 16,
  "{ type: se, r: 4, squeeze: none }": 2 * C * h + C + h,
  "{ type: se, r: 4, squeeze: max, gate: tanh }": 2 * C * h + C + h,
  "{ type: eca }": 3,
  "{ type: eca, kernel: 7 }": 7,
  "{ type: ese }": C ** 2 + C,
  "{ type: ge }": 0,
  "{ type: ge, parameters: gather }": C * SIZE ** 2 + 2 * C,
  "{ type: ge, parameters: both, r: 4 }": C * SIZE ** 2 + 2 * C + 2 * C * h,
  "{ type: sse }": C + 1,
  "{ type: scse, r: 2 }": 2 * C * (C / 2) + C + C / 2 + C + 1,
  "{ type: cbam, r: 4 }": 2 * C * h + C + h + 98 + 2,
  "{ type: bam, r: 4 }": 3 * C * h + 18 * h ** 2 + 13 * h + C + 1,
  "{ type: coordinate }": 3 * C * 8 + 3 * 8 + 2 * C,
  "{ type: gct }": 3 * C,
  "{ type: simam }": 0,
  "{ type: srm }": 4 * C,
  "{ type: gc, r: 4 }": C + 1 + 2 * C * h + 3 * h + C,
  "{ type: gc, r: 4, fuse: scale }": C + 1 + 2 * C * h + 3 * h + C,
  "{ type: fca, r: 4 }": 2 * C * h,
  "{ type: lct, groups: 8 }": 2 * C,
  "{ type: triplet }": 3 * (98 + 2),
  "{ type: polarized }": 2 * C ** 2 + 3 * C,
  "{ type: polarized, layout: sequential }": 2 * C ** 2 + 3 * C,
  // These replace a 3x3 convolution and its BatchNorm.
  "{ type: sk, r: 4 }": 2 * (9 * C ** 2 + 2 * C) + C * h + 2 * h + 2 * h * C - (9 * C ** 2 + 2 * C),
  "{ type: sk, r: 4, split: true }": 9 * C ** 2 + 4 * C + C * h + 2 * h + 2 * h * C - (9 * C ** 2 + 2 * C),
  "{ type: split-attention }": 9 * C ** 2 + 4 * C + (C + 3) * 32 + 2 * 33 * C - (9 * C ** 2 + 2 * C),
  "{ type: psa, r: 4 }":
    (C ** 2 / 4) * (9 + 25 / 4 + 49 / 8 + 81 / 16) + 2 * (C / 4) * (h / 4) + C / 4 + h / 4 - 9 * C ** 2,
  "{ type: constant }": C,
  "{ type: random }": 0,
  "{ type: shuffled-se, r: 4 }": 2 * C * h + C + h,
};

describe("a gate adds the parameters of its formula", () => {
  for (const [attention, expected] of Object.entries(FORMULAS))
    it(attention, () => assert.equal(paramsOf(attention) - paramsOf("off"), expected));

  it("wherever it is placed", () => {
    for (const placement of ["standard", "pre", "post", "identity", "inner"])
      assert.equal(
        paramsOf(`{ type: se, r: 4, placement: ${placement} }`) - paramsOf("off"),
        2 * C * h + C + h,
      );
  });
});
