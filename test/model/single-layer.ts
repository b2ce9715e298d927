// Graphs of a single layer or gate, and their gradients.

import * as tf from "@tensorflow/tfjs-core";
import { buildModel } from "../../src/model/build-model.js";
import type { Graph, Shape } from "../../src/network/graph.js";
import { GraphBuilder } from "../../src/network/graph-builder.js";
import type { Subject } from "../engine/both-engines.js";

type Defaults = ConstructorParameters<typeof GraphBuilder>[0];

/** The input, called `input`, and what `add` adds. */
export function graphWith(
  shape: Shape,
  add: (builder: GraphBuilder) => void,
  defaults: Partial<Defaults> = {},
): Graph {
  const builder = new GraphBuilder({
    bias: false,
    padding: "same",
    zeroInit: false,
    norm: "batch",
    batchNorm: { epsilon: 1e-5, momentum: 0.9 },
    ...defaults,
  });
  builder.add("input", "input", [], [], { shape });
  add(builder);
  return builder.finish();
}

/** A step that takes the input `x` and the gradient `dy` of the output, and returns y, dx, and `d<name>` of each variable. */
export function gradientsOf(graph: Graph, images: readonly number[]): Subject {
  const { layersModel, weights } = buildModel(graph);
  const compute = (x: tf.Tensor) => layersModel.apply(x, { training: true }) as tf.Tensor;
  return {
    variables: weights,
    step: {
      inputs: { x: images, dy: images },
      layers: layersModel.layers,
      run: ({ x, dy }) => {
        const image = tf.variable(x as tf.Tensor, true, `x of ${layersModel.name}`);
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(compute(image), dy as tf.Tensor)));
        value.dispose();
        const gradients = Array.from(weights, ([name, { name: own }]) => [
          `d${name}`,
          grads[own] as tf.Tensor,
        ]);
        const dx = grads[image.name] as tf.Tensor;
        const y = compute(x as tf.Tensor);
        image.dispose();
        return { y, dx, ...Object.fromEntries(gradients) };
      },
    },
  };
}
