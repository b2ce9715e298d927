// A finished run -> a model for other programs: a network that takes pixels as they are in files, with metadata.

import type { TransformSpec } from "../config/experiment-spec.js";
import type { Graph, Node } from "../network/graph.js";
import { outputsOf } from "../network/shapes.js";
import type { RunData } from "../records/run-data.js";
import type { State } from "../runtime/program.js";

export interface PortableModel {
  readonly graph: Graph;
  /** Weights and moving statistics. */
  readonly weights: State;
  readonly metadata: ModelMetadata;
}

/** The content of metadata.json, which is also stored in the exported model. */
export interface ModelMetadata {
  readonly source: {
    readonly run: string;
    readonly fingerprint: string;
    readonly test_error: number;
    readonly test_loss: number;
  };
  readonly input: {
    readonly name: "images";
    /** Batch, height, width, channels (fastest). */
    readonly layout: "NHWC";
    /** Null stands for any number of images. */
    readonly shape: readonly [number | null, number, number, number];
    readonly type: "float32";
    readonly values: "pixels from 0 to 255" | "(pixel - mean) / deviation";
    /** What was done to test images before: the model expects images after these transforms. */
    readonly transforms: readonly TransformSpec[];
  };
  readonly output: {
    /** Before softmax. An ONNX model also returns `probabilities`. */
    readonly name: "logits";
    readonly type: "float32";
    readonly shape: readonly [number | null, number];
  };
  /** Per channel, for pixels from 0 to 255. `included`: whether the model does it itself. */
  readonly normalisation: RunData["normalisation"] & { readonly included: boolean };
  /** In the order of the outputs. The classifier may have additional outputs, which were never trained. */
  readonly classes: readonly string[];
}

export interface FinishedParts {
  readonly graph: Graph;
  readonly weights: State;
  readonly data: RunData;
  readonly source: ModelMetadata["source"];
  /** Of test images. */
  readonly transforms: readonly TransformSpec[];
}

/** The network for images that are normalised as in training. */
export function normalisedModel(parts: FinishedParts): PortableModel {
  const { graph, weights } = parts;
  return { graph, weights, metadata: metadataOf(parts, "(pixel - mean) / deviation") };
}

const NORMALISATION = "normalisation";

/** The network for pixels from 0 to 255. A BatchNorm before the first layer does the normalisation. */
export function pixelModel(parts: FinishedParts): PortableModel {
  const [input, ...rest] = parts.graph as [Node, ...Node[]];
  const { mean, deviation } = parts.data.normalisation;
  const norm: Node = {
    op: "batch-norm",
    name: NORMALISATION,
    inputs: [input.name],
    path: [],
    epsilon: 0,
    momentum: 0,
    zeroInit: false,
  };
  const later = rest.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (name === input.name ? NORMALISATION : name)),
  }));
  const statistics = {
    gamma: mean.map(() => 1),
    beta: mean.map(() => 0),
    moving_mean: mean,
    moving_variance: deviation.map((one) => one ** 2),
  };
  const own = Object.entries(statistics).map(
    ([kind, values]) => [`${NORMALISATION}/${kind}`, Float32Array.from(values)] as const,
  );
  return {
    graph: [input, norm, ...later],
    weights: new Map([...parts.weights, ...own]),
    metadata: metadataOf(parts, "pixels from 0 to 255"),
  };
}

function metadataOf(
  { graph, data: { shape, normalisation, classNames }, source, transforms }: FinishedParts,
  values: ModelMetadata["input"]["values"],
): ModelMetadata {
  const { height, width, channels } = shape;
  const outputs = outputsOf(graph);
  return {
    source,
    input: {
      name: "images",
      layout: "NHWC",
      shape: [null, height, width, channels],
      type: "float32",
      values,
      transforms,
    },
    output: { name: "logits", type: "float32", shape: [null, outputs] },
    normalisation: { ...normalisation, included: values === "pixels from 0 to 255" },
    classes: classNames,
  };
}
