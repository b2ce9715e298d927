import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import type { Batch } from "../../src/data/batches.js";
import { cutOut, drawMix, type Mix, mixed } from "../../src/data/mix.js";
import type { Shape } from "../../src/network/graph.js";
import { randomStream } from "../../src/random.js";

interface Golden {
  readonly shape: Shape;
  readonly outputs: number;
  readonly cases: readonly {
    readonly share: number;
    /** Null for mixup. */
    readonly centre: readonly [number, number] | null;
    readonly images: readonly number[];
    readonly classes: readonly number[];
    readonly mixed: readonly number[];
    readonly labels: readonly number[];
    readonly larger: readonly number[];
  }[];
}

const { shape, outputs, cases } = JSON.parse(readFileSync("test/golden/mix.json", "utf8")) as Golden;

function batchOf(images: readonly number[], classes: readonly number[], count = classes.length): Batch {
  const labels = new Float32Array(classes.length * outputs);
  for (const [position, label] of classes.entries()) labels[position * outputs + label] = 1;
  return {
    ...{ size: classes.length, count, labels },
    ...{ images: Float32Array.from(images), classes: Uint16Array.from(classes) },
  };
}

const assertNear = (found: Float32Array, expected: readonly number[]) => {
  assert.equal(found.length, expected.length);
  for (const [index, value] of expected.entries())
    assert.ok(Math.abs((found[index] as number) - value) < 2e-6, `${index}: ${found[index]}, not ${value}`);
};

describe("mixed", () => {
  for (const [index, { share, centre, images, classes, larger, ...expected }] of cases.entries())
    it(`is as in torchvision: ${centre === null ? "mixup" : "CutMix"}, case ${index + 1}`, () => {
      const mix: Mix =
        centre === null ? { kind: "mixup", share } : cutOut(share, { x: centre[0], y: centre[1] }, shape);
      const batch = batchOf(images, classes);
      const found = mixed(batch, mix, shape);
      assertNear(found.images, expected.mixed);
      assertNear(found.labels, expected.labels);
      assert.deepEqual([...found.classes], larger);
      assert.deepEqual(batch, batchOf(images, classes));
    });

  it("neither changes nor uses padding", () => {
    const { images, classes } = cases[1] as Golden["cases"][number];
    const length = images.length / classes.length;
    const [first, padded] = [3, 4];
    const mix: Mix = { kind: "mixup", share: 0.25 };
    const found = mixed(batchOf(images, classes, first), mix, shape);
    const alone = mixed(batchOf(images.slice(0, first * length), classes.slice(0, first)), mix, shape);
    assert.deepEqual(found.images.subarray(0, first * length), alone.images);
    assert.deepEqual(found.labels.subarray(0, first * outputs), alone.labels);
    assertNear(found.images.subarray(first * length), images.slice(first * length));
    assert.equal(found.classes[padded - 1], classes[padded - 1]);
  });
});

describe("drawMix", () => {
  const draw = (kinds: "mixup" | "cutmix" | "both" | "neither", seed: number) =>
    drawMix(
      {
        mixup: kinds === "mixup" || kinds === "both" ? { alpha: 0.5 } : "off",
        cutmix: kinds === "cutmix" || kinds === "both" ? { alpha: 1 } : "off",
      },
      shape,
      randomStream("mix", seed),
    );
  const many = (kinds: Parameters<typeof draw>[0]) =>
    Array.from({ length: 2000 }, (_, seed) => draw(kinds, seed));

  it("draws what is on, and each half of the time if both are", () => {
    assert.deepEqual(new Set(many("mixup").map((mix) => mix?.kind)), new Set(["mixup"]));
    assert.deepEqual(new Set(many("cutmix").map((mix) => mix?.kind)), new Set(["cutmix"]));
    assert.deepEqual(new Set(many("neither")), new Set([null]));
    const share = many("both").filter((mix) => mix?.kind === "mixup").length / 2000;
    assert.ok(Math.abs(share - 0.5) < 0.05, `${share}`);
  });

  it("draws the same from the same stream", () => {
    assert.deepEqual(many("both"), many("both"));
  });

  it("keeps boxes within the image, up to its edges", () => {
    const corners = many("cutmix").map((mix) => (mix?.kind === "cutmix" ? mix.box : null));
    const { height, width } = shape;
    assert.ok(corners.some((box) => box?.left === 0 && box.top === 0));
    assert.ok(corners.some((box) => box?.right === width && box.bottom === height));
    for (const box of corners)
      assert.ok(box && box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height);
  });
});
