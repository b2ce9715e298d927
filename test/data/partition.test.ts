import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { loadDataset } from "../../src/data/dataset.js";
import { DatasetError } from "../../src/data/dataset-error.js";
import type { RawDataset } from "../../src/data/images.js";
import { type PartitionSpec, partitionOf, type Selection } from "../../src/data/partition.js";
import { datasetInMemory, inMemory } from "../../src/data/sources/in-memory.js";
import { InputError } from "../../src/diagnostic.js";
import { datasetSpec } from "./read-split.js";

const SPEC: PartitionSpec = {
  ...{ validation: 0.1, test: 0.2, train: "all" },
  ...{ classes: "all", labelNoise: 0, imbalance: 1, split: 0 },
};
const NAMES = ["ant", "bee", "cat", "dog", "emu", "fox", "gnu", "hen", "ibis", "jay"];

/** One pixel an image; the labels go round the classes, until each has its number of images. */
function part(byClass: readonly number[]) {
  const rounds = Array.from({ length: Math.max(...byClass) }, (_, round) =>
    byClass.flatMap((count, label) => (round < count ? [label] : [])),
  );
  const labels = Uint16Array.from(rounds.flat());
  return inMemory({ height: 1, width: 1, channels: 1 }, new Uint8Array(labels.length), labels);
}

/** A dataset with so many images of each class. */
function rawOf(
  train: readonly number[],
  { validation, test }: { validation?: readonly number[]; test?: readonly number[] } = {},
): RawDataset {
  return datasetInMemory({
    classNames: NAMES.slice(0, train.length),
    train: part(train),
    validation: validation ? part(validation) : null,
    test: test ? part(test) : null,
  });
}

const of = (raw: RawDataset, spec: Partial<PartitionSpec> = {}) => partitionOf(raw, { ...SPEC, ...spec });

function countByClass({ labels }: Pick<Selection, "labels">, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
}

/** The label of each selected image in its source. */
const trueLabels = (raw: RawDataset, { part, indices }: Selection) =>
  Array.from(indices, (index) => raw[part]?.labels[index] as number);

const HUNDREDS = [100, 100, 100, 100];

describe("a partition", () => {
  it("takes numbers of images or shares of them, for testing, then for validation, then for training", () => {
    const check = (spec: Partial<PartitionSpec>, expected: [number, number, number]) => {
      const { train, validation, test } = of(rawOf(HUNDREDS), spec);
      const counts = [train, validation, test].map(({ indices }) => indices.length);
      assert.deepEqual(counts, expected, JSON.stringify(spec));
      for (const { indices, labels } of [train, validation, test])
        assert.equal(indices.length, labels.length);
    };
    check({}, [288, 32, 80]);
    check({ test: 40, validation: 60 }, [300, 60, 40]);
    check({ test: 0.5, validation: 10 }, [190, 10, 200]);
    check({ test: 0.0001, validation: 0.0001 }, [398, 1, 1]);
    check({ test: 100, validation: 100, train: 20 }, [20, 100, 100]);
    check({ test: 100, validation: 100, train: 200 }, [200, 100, 100]);
  });

  it("leaves alone what its publisher divided", () => {
    const check = (own: Parameters<typeof rawOf>[1], expected: [number, number, number]) => {
      const parts = of(rawOf(HUNDREDS, own), { validation: 0.25, test: 0.25 });
      const { train, validation, test } = parts;
      assert.deepEqual(
        [train, validation, test].map(({ indices }) => indices.length),
        expected,
      );
      assert.equal(validation.part, own?.validation ? "validation" : "train");
      assert.equal(test.part, own?.test ? "test" : "train");
    };
    check({ validation: [3, 3, 3, 3], test: [2, 2, 2, 2] }, [400, 12, 8]);
    check({ test: [2, 2, 2, 2] }, [300, 100, 8]);
    check({ validation: [3, 3, 3, 3] }, [300, 12, 100]);
  });

  it("has the same share of every class in every part", () => {
    const { train, validation, test } = of(rawOf([400, 200, 100]), { test: 70, validation: 63, train: 14 });
    assert.deepEqual(countByClass(test, 3), [40, 20, 10]);
    assert.deepEqual(countByClass(validation, 3), [36, 18, 9]);
    assert.deepEqual(countByClass(train, 3), [8, 4, 2]);
  });

  it("is another one with another seed, and the same one again with the same", () => {
    const raw = rawOf([...HUNDREDS, ...HUNDREDS]);
    const held = (split: number) => {
      const { train, validation, test } = of(raw, { split, train: 200, labelNoise: 0.5 });
      return [test, validation, train].map(({ indices }) => indices.join()).concat(train.labels.join());
    };
    const first = held(0);
    assert.deepEqual(held(0), first);
    for (const split of [1, 2, 4_294_967_295])
      for (const [index, other] of held(split).entries()) assert.notEqual(other, first[index]);
    const whole = rawOf(HUNDREDS, { validation: HUNDREDS, test: HUNDREDS });
    const [few, other] = [0, 1].map((split) => of(whole, { split, train: 200 }).train);
    assert.notDeepEqual(few?.indices, other?.indices);
    const [noisy, otherNoise] = [0, 1].map((split) => of(whole, { split, labelNoise: 0.5 }).train);
    assert.deepEqual(noisy?.indices, otherNoise?.indices);
    assert.notDeepEqual(noisy?.labels, otherNoise?.labels);
    // What is held out is chosen at random: of 160 test images, 32 are expected again.
    const [before, now] = [first, held(1)].map(([test]) => new Set(test?.split(",")));
    const again = [...(before ?? [])].filter((index) => now?.has(index)).length;
    assert.ok(again > 10 && again < 60, `${again} of 160`);
  });

  it("has no image in two parts, and all of them in one", () => {
    for (const split of [0, 1, 2]) {
      const { train, validation, test } = of(rawOf([31, 17, 90]), { split });
      const all = [train, validation, test].flatMap(({ indices }) => [...indices]);
      assert.deepEqual(
        all.sort((a, b) => a - b),
        [...Array(138).keys()],
      );
    }
  });

  it("is of the chosen classes, in the order in which they are named", () => {
    const raw = rawOf(HUNDREDS, { test: [1, 2, 3, 4] });
    const { classNames, train, validation, test } = of(raw, { classes: ["dog", "ant"], validation: 20 });
    assert.deepEqual(classNames, ["dog", "ant"]);
    assert.deepEqual(countByClass(train, 2), [90, 90]);
    assert.deepEqual(countByClass(validation, 2), [10, 10]);
    assert.deepEqual(countByClass(test, 2), [4, 1]);
    for (const selection of [train, validation, test])
      assert.deepEqual(
        trueLabels(raw, selection),
        Array.from(selection.labels, (label) => (label === 0 ? 3 : 0)),
      );
  });

  const refused = (
    spec: Partial<PartitionSpec>,
    path: readonly (string | number)[],
    message: RegExp,
    byClass = HUNDREDS,
  ) =>
    assert.throws(
      () => of(rawOf(byClass), spec),
      (error: unknown) => {
        assert.ok(error instanceof DatasetError, String(error));
        assert.deepEqual(error.path, path);
        assert.match(error.message, message);
        return true;
      },
    );

  it("of a class that does not exist is an error with a suggestion", () => {
    refused(
      { classes: ["dog", "bea"] },
      ["classes", 1],
      /no class `bea`; it has ant, bee, cat, dog; did you mean `bee`\?/,
    );
    const raw = rawOf([5, 5], { test: [5, 0] });
    assert.throws(() => of(raw, { classes: ["bee"] }), InputError);
  });

  it("leaves something to train on", () => {
    refused({ test: 400 }, ["test"], /dataset\.test asks for 400 of 400 images/);
    refused({ test: 100, validation: 300 }, ["validation"], /dataset\.validation asks for 300 of 300/);
    refused({ test: 0.9999 }, ["test"], /dataset\.test asks for 400 of 400/);
    refused({ test: 100, validation: 100, train: 201 }, ["train"], /201 images, but only 200 are left/);
  });

  it("with noise has exactly that share of wrong labels in each class of the training images, and nowhere else", () => {
    const raw = rawOf([400, 200, 100], { test: [40, 20, 10] });
    const clean = of(raw, { validation: 70 });
    const noisy = of(raw, { validation: 70, labelNoise: 0.3 });
    assert.deepEqual({ ...noisy, train: null }, { ...clean, train: null });
    assert.deepEqual(noisy.train.indices, clean.train.indices);
    const wrong = [0, 0, 0];
    for (const [position, label] of clean.train.labels.entries())
      if (noisy.train.labels[position] !== label) wrong[label] = (wrong[label] as number) + 1;
    assert.deepEqual(wrong, [108, 54, 27]);
    assert.deepEqual(of(raw, { labelNoise: 0 }), of(raw));
    const all = of(raw, { labelNoise: 1 });
    assert.ok(trueLabels(raw, all.train).every((label, position) => label !== all.train.labels[position]));
  });

  it("with noise gives every other class the same chance", () => {
    const count = 9000;
    const raw = rawOf(new Array(10).fill(count), { test: new Array(10).fill(1) });
    const { train } = of(raw, { validation: 10, labelNoise: 0.5 });
    const trueOnes = trueLabels(raw, train);
    for (const own of [0, 4, 9]) {
      const drawn = new Array<number>(10).fill(0);
      for (const [position, label] of train.labels.entries())
        if (trueOnes[position] === own && label !== own) drawn[label] = (drawn[label] as number) + 1;
      const total = drawn.reduce((a, b) => a + b, 0);
      const others = drawn.filter((_, label) => label !== own);
      const statistic = others.reduce((sum, seen) => sum + (seen - total / 9) ** 2 / (total / 9), 0);
      // The quantiles 0.001 and 0.999 of the chi-square distribution with 8 degrees of freedom.
      assert.ok(statistic > 0.857 && statistic < 26.12, `chi-square of class ${own}: ${statistic}`);
    }
  });

  // [int(5000 * (1 / ratio) ** (i / 9)) for i in range(10)] in Python, as in the code of Cao et al. 2019 (LDAM-DRW).
  const CIFAR_LT: readonly (readonly [ratio: number, byClass: readonly number[]])[] = [
    [100, [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]],
    [50, [5000, 3237, 2096, 1357, 878, 568, 368, 238, 154, 100]],
    [10, [5000, 3871, 2997, 2320, 1796, 1391, 1077, 834, 645, 500]],
    [1, new Array(10).fill(5000)],
  ];
  const TENS = new Array<number>(10).fill(10);
  const FULL = { validation: TENS, test: TENS };
  for (const [ratio, expected] of CIFAR_LT)
    it(`with an imbalance of ${ratio} has the numbers of images of long-tailed CIFAR-10`, () => {
      const raw = rawOf(new Array(10).fill(5000), FULL);
      const { train, validation, test } = of(raw, { imbalance: ratio });
      assert.deepEqual(countByClass(train, 10), expected);
      assert.deepEqual(trueLabels(raw, train), [...train.labels]);
      assert.equal(new Set(train.indices).size, train.indices.length);
      assert.deepEqual([countByClass(validation, 10), countByClass(test, 10)], [TENS, TENS]);
    });

  it("with an imbalance starts at the smallest class, keeps one image of each, and chooses by its seed", () => {
    refused({ imbalance: 2 }, ["imbalance"], /of every class, but there are none of `bee`/, [100, 0, 60]);
    const raw = rawOf([100, 40, 60], { validation: [1, 1, 1], test: [1, 1, 1] });
    assert.deepEqual(countByClass(of(raw, { imbalance: 4 }).train, 3), [40, 20, 10]);
    assert.deepEqual(countByClass(of(raw, { imbalance: 10_000 }).train, 3), [40, 1, 1]);
    const { indices } = of(raw, { imbalance: 4 }).train;
    assert.deepEqual(
      [...indices],
      [...indices].sort((a, b) => a - b),
    );
    assert.notDeepEqual(of(raw, { imbalance: 4, split: 1 }).train.indices, indices);
  });

  it("does all of that together: classes, then parts, then fewer images, then imbalance, then noise", () => {
    const raw = rawOf([500, 100, 1000, 500]);
    const wanted: Partial<PartitionSpec> = {
      ...{ classes: ["cat", "ant", "dog"], test: 0.5, validation: 100, train: 800 },
      ...{ imbalance: 4, labelNoise: 0.25, split: 7 },
    };
    const { classNames, train, validation, test } = of(raw, wanted);
    assert.deepEqual(classNames, ["cat", "ant", "dog"]);
    assert.deepEqual(countByClass(test, 3), [500, 250, 250]);
    assert.deepEqual(countByClass(validation, 3), [50, 25, 25]);
    // Of 800 images, 200 are of the smallest class; it falls to a quarter of them.
    const real = trueLabels(raw, train).map((label) => [2, 0, 3].indexOf(label));
    assert.deepEqual(countByClass({ labels: Uint16Array.from(real) }, 3), [200, 100, 50]);
    const wrong = real.filter((label, position) => label !== train.labels[position]);
    assert.deepEqual(countByClass({ labels: Uint16Array.from(wrong) }, 3), [50, 25, 13]);
    const all = [train, validation, test].flatMap(({ indices }) => [...indices]);
    assert.equal(new Set(all).size, all.length);
  });

  it("is part of what identifies the dataset", async () => {
    const load = async (more: object) =>
      loadDataset(datasetSpec({ name: "npz", path: "test/golden/keras.npz", validation: 4, ...more }));
    const changes = [
      {},
      { split: 1 },
      { labelNoise: 0.2 },
      { imbalance: 2 },
      { train: 12 },
      { validation: 5 },
    ];
    const orders = [{ classes: ["0", "1"] }, { classes: ["1", "0"] }];
    const datasets = await Promise.all([...changes, ...orders].map(load));
    assert.equal(new Set(datasets.map(({ fingerprint }) => fingerprint)).size, datasets.length);
  });
});
