// Logits and classes -> loss and errors, averaged over all images of a set, and what is predicted of each image.

import { newPredictions, type Predictions } from "../records/predictions.js";

export interface Metrics {
  /** Mean cross-entropy in nats, without label smoothing. */
  readonly loss: number;
  /** Fraction of images whose class does not have the largest logit. */
  readonly error: number;
  /** Fraction of images whose class is not among the five largest logits. */
  readonly errorTop5: number;
}

/** A cell of a confusion matrix that is not 0. */
export interface Confusion {
  readonly label: number;
  readonly predicted: number;
  readonly images: number;
}

/** The result of evaluating a set. */
export interface Evaluation extends Metrics {
  /** By class, then by predicted class. */
  readonly confusion: readonly Confusion[];
  /** Fraction of misclassified images of each class; null for a class without images. */
  readonly errorsByClass: readonly (number | null)[];
  readonly predictions: Predictions;
}

/** The unweighted mean of the errors of all classes that have images (1 - balanced accuracy). */
export function balancedError({ errorsByClass }: Pick<Evaluation, "errorsByClass">): number {
  const errors = errorsByClass.filter((error) => error !== null);
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** Whether another class has a logit that is at least as large as that of the target. Ties count as errors. */
export function isWrong(scores: Float32Array, target: number): boolean {
  const own = scores[target] as number;
  return scores.some((score, index) => index !== target && !(score < own));
}

/** What a network says about one image. */
interface Score {
  readonly predicted: number;
  /** Cross-entropy in nats. */
  readonly loss: number;
  /** The number of other classes whose logits are at least as large as that of the target. */
  readonly ahead: number;
  /** The largest probability of any class. */
  readonly confidence: number;
  /** The logit of the target minus the largest one of the other classes. */
  readonly margin: number;
}

/** Ties count as errors, so that constant logits have an error of 1. */
function scoreOf(scores: Float32Array, target: number): Score {
  const own = scores[target] as number;
  let [largest, other] = [own, Number.NEGATIVE_INFINITY];
  let predicted = target;
  let ahead = 0;
  scores.forEach((score, index) => {
    if (score > largest) largest = score;
    if (index === target) return;
    if (score > other) other = score;
    if (score < own) return;
    ahead++;
    if (predicted === target || score > (scores[predicted] as number)) predicted = index;
  });
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - largest);
  return { predicted, loss: Math.log(sum) + largest - own, ahead, confidence: 1 / sum, margin: own - other };
}

/** Accumulates metrics over batches. */
export class MetricsSum {
  #count = 0;
  /** Class -> predicted class -> images. */
  readonly #confusion: Map<number, number>[] = [];
  #loss = 0;
  #wrong = 0;
  #wrongTop5 = 0;
  /** Of a split with as many images as the constructor was told. */
  readonly predictions: Predictions;

  constructor(images = 0) {
    this.predictions = newPredictions(images);
  }

  /**
   * Adds the first `count` rows of logits [batch, outputs] with their classes [batch]. Predictions are kept if the indices of the
   * `images` in their split are given.
   */
  add(logits: Float32Array, classes: Uint16Array, count: number, images?: Uint32Array): void {
    const width = logits.length / classes.length;
    for (let row = 0; row < count; row++) {
      const target = classes[row] as number;
      const score = scoreOf(logits.subarray(row * width, (row + 1) * width), target);
      this.#confusion[target] ??= new Map();
      const found = this.#confusion[target];
      found.set(score.predicted, (found.get(score.predicted) ?? 0) + 1);
      this.#loss += score.loss;
      if (score.ahead >= 1) this.#wrong++;
      if (score.ahead >= 5) this.#wrongTop5++;
      this.#count++;
      if (images) this.#keep(images[row] as number, target, score);
    }
  }

  #keep(image: number, target: number, { predicted, loss, confidence, margin }: Score): void {
    const { predictions } = this;
    predictions.label[image] = target;
    predictions.predicted[image] = predicted;
    predictions.probability[image] = Math.exp(-loss);
    predictions.confidence[image] = confidence;
    predictions.margin[image] = margin;
  }

  mean(): Metrics {
    return {
      loss: this.#loss / this.#count,
      error: this.#wrong / this.#count,
      errorTop5: this.#wrongTop5 / this.#count,
    };
  }

  confusion(): Confusion[] {
    return this.#confusion.flatMap((row, label) =>
      Array.from(row, ([predicted, images]) => ({ label, predicted, images })).sort(
        (one, other) => one.predicted - other.predicted,
      ),
    );
  }

  /** The errors of the first `classes` classes; null for a class without images. */
  errorsByClass(classes: number): (number | null)[] {
    return Array.from({ length: classes }, (_, label) => {
      const row = this.#confusion[label];
      if (!row) return null;
      const images = [...row.values()].reduce((sum, found) => sum + found, 0);
      return (images - (row.get(label) ?? 0)) / images;
    });
  }
}
