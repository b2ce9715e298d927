// Logits and classes -> loss and errors, averaged over a whole set.

export interface Metrics {
  /** Mean cross-entropy in nats, without label smoothing. */
  readonly loss: number;
  /** Share of images whose class does not have the largest logit. */
  readonly error: number;
  /** Share of images whose class is not among the five largest logits. */
  readonly errorTop5: number;
}

/** Adds up batches, each image once. */
export class MetricsSum {
  #count = 0;
  #loss = 0;
  #wrong = 0;
  #wrongTop5 = 0;

  /** The first `count` rows of logits [batch, classes]. */
  add(logits: Float32Array, classes: Uint16Array, count: number): void {
    const width = logits.length / classes.length;
    for (let row = 0; row < count; row++) {
      const scores = logits.subarray(row * width, (row + 1) * width);
      const target = classes[row] as number;
      const own = scores[target] as number;
      let largest = Number.NEGATIVE_INFINITY;
      // Ties count against the network: constant logits are no answer.
      let ahead = 0;
      scores.forEach((score, index) => {
        if (score > largest) largest = score;
        if (index !== target && !(score < own)) ahead++;
      });
      let sum = 0;
      for (const score of scores) sum += Math.exp(score - largest);
      this.#loss += Math.log(sum) + largest - own;
      if (ahead >= 1) this.#wrong++;
      if (ahead >= 5) this.#wrongTop5++;
      this.#count++;
    }
  }

  mean(): Metrics {
    return {
      loss: this.#loss / this.#count,
      error: this.#wrong / this.#count,
      errorTop5: this.#wrongTop5 / this.#count,
    };
  }
}
