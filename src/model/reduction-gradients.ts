// The gradients of sums and means. tfjs' own multiply by an array of ones as large as what was reduced, for which the memory of a batch
// would be needed before anything is computed; these repeat dy. The numbers are the same.

import tf from "../tfjs-core.cjs";

export function registerReductionGradients(): void {
  register("Sum", () => 1);
  register("Mean", (reduced) => reduced);
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
