// Network graph -> tfjs LayersModel, built from standard layers where possible.

import type * as tf from "@tensorflow/tfjs-core";
import { applyFold, type Graph, type Node } from "../network/graph.js";
import { inferShapes, inputShapes, weightsOf } from "../network/shapes.js";
import { isLearned, type Weight } from "../network/weights.js";
import layers from "../tfjs-layers.cjs";
import { NoiseDropout } from "./dropout.js";
import { LAYERS } from "./node-layers.js";

export interface Model {
  readonly layersModel: layers.LayersModel;
  /** Layers that need noise before each call during training. */
  readonly dropouts: readonly NoiseDropout[];
  /** Every weight, trainable or not, by name (`stage1.block1.conv1/kernel`). */
  readonly weights: ReadonlyMap<string, tf.Variable>;
  /** What each weight is, by name. */
  readonly declared: ReadonlyMap<string, Weight>;
}

/** Builds the model. Its weights are 0 or 1 until they are set. Vectors have the shape [batch, channels]. */
export function buildModel(graph: Graph): Model {
  const shapes = inferShapes(graph);
  const outputs = new Map<string, layers.SymbolicTensor>();
  const dropouts: NoiseDropout[] = [];
  let input: layers.SymbolicTensor | null = null;
  for (const node of graph) {
    if (node.op === "input") {
      const { height, width, channels } = node.shape;
      input = layers.input({ shape: [height, width, channels], name: node.name });
      outputs.set(node.name, input);
      continue;
    }
    const built = applyFold(LAYERS, node, inputShapes(node, shapes));
    dropouts.push(...built.filter((layer) => layer instanceof NoiseDropout));
    outputs.set(node.name, connect(node, built, outputs));
  }
  const last = outputs.get(graph.at(-1)?.name ?? "");
  if (!input || !last) throw new Error("a network needs an input and an output");
  const layersModel = layers.model({ inputs: input, outputs: last });
  const declared = weightsOf(graph);
  return {
    layersModel,
    dropouts,
    weights: checkedWeights(layersModel, declared),
    declared,
  };
}

/**
 * Applies layers in order. If there are two inputs, all layers except the last one are only applied to the second input, so that
 * its shape matches that of the first.
 */
function connect(
  node: Node,
  built: readonly layers.layers.Layer[],
  outputs: ReadonlyMap<string, layers.SymbolicTensor>,
): layers.SymbolicTensor {
  const inputs = node.inputs.map((name) => outputs.get(name) as layers.SymbolicTensor);
  if (node.op === "stack") return stackPixels(node.name, inputs, built.at(-1) as layers.layers.Layer);
  const [first, ...others] = inputs;
  if (others.length === 0) return apply(built, first as layers.SymbolicTensor);
  const prepared = others.map((other) => apply(built.slice(0, -1), other));
  return (built.at(-1) as layers.layers.Layer).apply([
    first as layers.SymbolicTensor,
    ...prepared,
  ]) as layers.SymbolicTensor;
}

/** Converts vectors to images of one pixel, and joins them into one row. */
function stackPixels(
  name: string,
  vectors: readonly layers.SymbolicTensor[],
  join: layers.layers.Layer,
): layers.SymbolicTensor {
  const pixels = vectors.map((vector, index) => {
    const targetShape = [1, 1, vector.shape.at(-1) as number];
    return layers.layers
      .reshape({ name: `${name}.${index + 1}`, targetShape })
      .apply(vector) as layers.SymbolicTensor;
  });
  return pixels.length === 1
    ? (pixels[0] as layers.SymbolicTensor)
    : (join.apply(pixels) as layers.SymbolicTensor);
}

function apply(row: readonly layers.layers.Layer[], input: layers.SymbolicTensor): layers.SymbolicTensor {
  return row.reduce((x, layer) => layer.apply(x) as layers.SymbolicTensor, input);
}

/** The weights of a model. Throws if they differ from those that the graph declares, from which parameters are counted. */
function checkedWeights(
  model: layers.LayersModel,
  declared: ReadonlyMap<string, Weight>,
): ReadonlyMap<string, tf.Variable> {
  const weights = new Map<string, tf.Variable>();
  for (const layer of model.layers)
    for (const weight of layer.weights) {
      const name = weight.originalName;
      const variable = (weight as unknown as { val: tf.Variable }).val;
      const expected = declared.get(name);
      const found = describe(variable.shape, layer.trainableWeights.includes(weight));
      if (!expected || describe(expected.shape, isLearned(expected.role)) !== found)
        throw new Error(`the layer's weight ${name} (${found}) is not as the graph declares it`);
      weights.set(name, variable);
    }
  for (const name of declared.keys())
    if (!weights.has(name)) throw new Error(`the model lacks the weight ${name}, which the graph declares`);
  return weights;
}

function describe(shape: readonly number[], isLearned: boolean): string {
  return `${shape.join("x")}, ${isLearned ? "learned" : "not learned"}`;
}
