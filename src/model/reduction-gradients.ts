// The gradients of sums, of means and of repetition. tfjs' own multiply by an array of ones as large as what was reduced, for which the memory
// of a batch would be needed before anything is computed, and add up a slice for each repetition; these repeat dy, or sum it. The numbers are
// the same.

import tf from "../tfjs-core.cjs";

export function registerReductionGradients(): void {
  register("Sum", () => 1);
  register("Mean", (reduced) => reduced);
  tf.registerGradient({
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { reps }) => ({
      x: () => summedRepetitions(dy as tf.Tensor, (x as tf.Tensor).shape, reps as number[]),
    }),
  });
}

/** `divisor`: what dy is divided by, given the number of elements that each sum has. */
function register(kernelName: "Sum" | "Mean", divisor: (reduced: number) => number): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => {
        const { shape } = x as tf.Tensor;
        const axes = tf.util.parseAxisParam(axis as number | number[], shape);
        const reduced = axes.reduce((product, at) => product * (shape[at] as number), 1);
        const kept = shape.map((size, at) => (axes.includes(at) ? 1 : size));
        const repeated = tf.tile(
          tf.reshape(dy as tf.Tensor, kept),
          shape.map((size, at) => size / (kept[at] as number)),
        );
        return divisor(reduced) === 1 ? repeated : tf.div(repeated, divisor(reduced));
      },
    }),
  });
}

/** Each repeated axis of dy becomes two, the repetitions and what is repeated, and the former is summed. */
function summedRepetitions(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const split: number[] = [];
  const axes: number[] = [];
  for (const [axis, size] of shape.entries()) {
    const count = reps[axis] as number;
    if (count > 1) axes.push(split.push(count) - 1);
    if (count === 1 || size > 1) split.push(size);
  }
  return tf.reshape(tf.sum(tf.reshape(dy, split), axes), [...shape]);
}
