// Evidence at the level of test images: against scikit-learn, statsmodels and numpy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { ensembleOf, turnedOver } from "../../src/report/image-evidence.js";
import type { TestPredictions } from "../../src/report/read-predictions.js";
import { calibrationError } from "../../src/statistics/calibration.js";
import { crossedErrors } from "../../src/statistics/crossed.js";
import { MetricsSum } from "../../src/training/metrics.js";

interface Golden {
  readonly source: string;
  readonly labels: number[];
  /** [seeds, images, classes] */
  readonly logits: number[][][];
  readonly calibration: { error: number; loss: number }[];
  readonly vote_error: number;
  readonly disagreement: number;
  /** [seeds, images] */
  readonly differences: number[][];
  readonly crossed: { seeds: number; images: number; both: number; bootstrap: number };
}

const GOLDEN = JSON.parse(readFileSync("test/golden/evidence.json", "utf8")) as Golden;

function close(found: number, expected: number, within = 1e-6): void {
  assert.ok(Math.abs(found - expected) <= within, `${found}, not ${expected}`);
}

/** Predictions of the given classes, with equal confidence. */
const predicting = (label: number[], predicted: number[], confidence = 0.5): TestPredictions => ({
  test: label.join(),
  label: Uint16Array.from(label),
  predicted: Uint16Array.from(predicted),
  probability: new Float32Array(label.length),
  confidence: new Float32Array(label.length).fill(confidence),
  margin: new Float32Array(label.length),
});

const sparse = (row: readonly number[]) => {
  const images = [...row.keys()].filter((image) => row[image] !== 0);
  return { images, values: images.map((image) => row[image] as number) };
};

describe(`evidence at the level of images against ${GOLDEN.source}`, () => {
  const runs = GOLDEN.logits.map((logits) => {
    const sum = new MetricsSum(logits.length);
    const images = Uint32Array.from(logits.keys());
    sum.add(Float32Array.from(logits.flat()), Uint16Array.from(GOLDEN.labels), logits.length, images);
    return { loss: sum.mean().loss, predictions: sum.predictions };
  });

  it("calibration error and negative log likelihood", () => {
    for (const [index, { loss, predictions }] of runs.entries()) {
      const { label, predicted, confidence, probability, margin } = predictions;
      const isRight = (image: number) => label[image] === predicted[image];
      close(calibrationError(confidence, isRight), GOLDEN.calibration[index]?.error as number);
      close(loss, GOLDEN.calibration[index]?.loss as number, 1e-5);
      const mean = probability.reduce((sum, one) => sum - Math.log(one), 0) / label.length;
      close(mean, GOLDEN.calibration[index]?.loss as number, 1e-5);
      for (const image of label.keys()) assert.equal((margin[image] as number) > 0, isRight(image));
    }
  });

  it("votes and disagreement of runs", () => {
    const ensemble = ensembleOf(runs.map(({ predictions }) => predictions));
    assert.equal(ensemble?.members, 5);
    close(ensemble?.error as number, GOLDEN.vote_error);
    close(ensemble?.disagreement as number, GOLDEN.disagreement);
  });

  it("standard errors over seeds, test images and both", () => {
    const { seeds, images, both, bootstrap } = GOLDEN.crossed;
    const found = crossedErrors(GOLDEN.differences.map(sparse), GOLDEN.labels.length);
    close(found?.seeds as number, seeds);
    close(found?.images as number, images);
    close(found?.both as number, both);
    // The bootstrap counts what belongs to neither up to three times (Owen 2007).
    assert.ok((found?.both as number) < bootstrap);
  });
});

describe("evidence at the level of images", () => {
  it("of one run has no disagreement, and of none there is none", () => {
    assert.equal(ensembleOf([]), null);
    assert.ok(Number.isNaN(ensembleOf([predicting([0, 1], [0, 0])])?.disagreement));
  });

  it("breaks ties of votes by confidence", () => {
    const [sure, unsure] = [predicting([1], [1], 0.9), predicting([1], [0], 0.6)];
    assert.equal(ensembleOf([unsure, sure])?.error, 0);
    assert.equal(ensembleOf([predicting([1], [0], 0.95), sure])?.error, 1);
  });

  it("lists images that all runs of one side and none of the other classify correctly", () => {
    const label = [0, 0, 0, 0];
    const own = [predicting(label, [0, 0, 1, 0]), predicting(label, [0, 0, 1, 1])];
    const base = [predicting(label, [1, 0, 0, 1]), predicting(label, [1, 1, 0, 1])];
    assert.deepEqual(turnedOver(own, base), [0]);
    assert.deepEqual(turnedOver(base, own), [2]);
    assert.deepEqual(turnedOver(own, [predicting([1, 0, 0, 0], [0, 1, 1, 1])]), null);
  });

  it("blames the seeds for what all images share, and the images for what all seeds share", () => {
    const images = 1000;
    const shift = [0, 1, 0, 1].map((one) => sparse(new Array<number>(images).fill(one)));
    const bySeed = crossedErrors(shift, images);
    assert.ok(bySeed && bySeed.seeds > 100 * bySeed.images && Math.abs(bySeed.both - bySeed.seeds) < 1e-9);
    const same = Array.from({ length: images }, (_, image) => (image % 10 === 0 ? 1 : 0));
    const byImage = crossedErrors([sparse(same), sparse(same), sparse(same)], images);
    assert.ok(byImage && byImage.seeds < 1e-9);
    close(byImage.images, Math.sqrt((0.1 * 0.9) / 999), 1e-9);
    close(byImage.both, byImage.images, 1e-9);
    assert.equal(crossedErrors([sparse(same)], images), null);
  });

  it("of constant networks has the confidence of chance, and counts ties as errors", () => {
    const sum = new MetricsSum(2);
    sum.add(new Float32Array(8), Uint16Array.of(0, 3), 2, Uint32Array.of(1, 0));
    assert.deepEqual([...sum.predictions.confidence], [0.25, 0.25]);
    assert.deepEqual([...sum.predictions.label], [3, 0]);
    assert.ok([...sum.predictions.predicted].every((one, image) => one !== sum.predictions.label[image]));
    assert.deepEqual([...sum.predictions.margin], [0, 0]);
    assert.equal(
      calibrationError(sum.predictions.confidence, () => false),
      0.25,
    );
  });
});
