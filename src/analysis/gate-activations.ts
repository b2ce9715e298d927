// A trained network and images -> the activations of each gate by image, and the test error without the gate.

import type { Dataset } from "../data/dataset.js";
import type { Engine } from "../engine/engine.js";
import { buildModel } from "../model/build-model.js";
import type { Graph, Op } from "../network/graph.js";
import { inferShapes, outputsOf } from "../network/shapes.js";
import type { State, StepFunction, Values } from "../runtime/program.js";
import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { evaluateSplit } from "../training/evaluate.js";
import { isWrong } from "../training/metrics.js";

export interface GateActivations {
  /** The gate's node, such as `stage1.block2.se.gate`. */
  readonly gate: string;
  readonly channels: number;
  /** [images, channels], in the order of the split. */
  readonly values: Float32Array;
  /** Test error with the gate's factors replaced by their mean over all images, channel by channel. */
  readonly errorWithMean: number;
  /** By image: 1 if it is misclassified only with these means, -1 if only by the unchanged network, otherwise 0. */
  readonly changes: Int8Array;
}

/** Ops that produce the final factors of a gate. Other factors of a `scale` (inside BAM) are intermediate results. */
const GATE_OPS: readonly Op[] = ["sigmoid", "tanh", "relu", "channel-function", "branch-factors"];

/** Names of the nodes that provide a `scale` with one factor per channel. */
export function gatesOf(graph: Graph): string[] {
  const shapes = inferShapes(graph);
  const ops = new Map(graph.map(({ name, op }) => [name, op]));
  return graph.flatMap((node) => {
    const factors = node.op === "scale" ? node.inputs[1] : undefined;
    const shape = shapes.get(factors ?? "");
    return factors !== undefined &&
      shape?.height === 1 &&
      shape.width === 1 &&
      GATE_OPS.includes(ops.get(factors) as Op)
      ? [factors]
      : [];
  });
}

export interface GateParts {
  readonly graph: Graph;
  /** A run's state. Entries that do not belong to the model are ignored. */
  readonly weights: State;
  readonly dataset: Dataset;
  readonly engine: Engine;
}

/** Measures all gates over the whole test split. */
export async function gateActivations({
  graph,
  weights,
  dataset,
  engine,
}: GateParts): Promise<GateActivations[]> {
  const gates = gatesOf(graph);
  const { model } = engine.build(() => {
    const model = buildModel(graph);
    return { model, state: model.weights };
  });
  engine.writeState(new Map([...weights].filter(([name]) => model.weights.has(name))));
  const { test, classes, shape } = dataset;
  const size = Math.min(128, test.count);
  const images = [size, shape.height, shape.width, shape.channels];
  const shapes = inferShapes(graph);
  const channelsOf = (name: string) => shapes.get(name)?.channels ?? 0;
  const mark = { labels: test.labels, outputs: outputsOf(graph, shapes) };
  const values = new Map(gates.map((gate) => [gate, new Float32Array(test.count * channelsOf(gate))]));
  const wrongAsItIs = new Int8Array(test.count);
  const keep = (indices: Uint32Array, results: Values) => {
    markWrong(wrongAsItIs, { ...mark, indices, logits: results.logits as Float32Array });
    for (const [gate, all] of values)
      scatterRows(all, { indices, rows: results[gate] as Float32Array, length: channelsOf(gate) });
  };
  const program = await engine.compile(probeStep(model.layersModel, gates, images));
  await evaluateSplit(program, test, { size, classes, onBatch: keep });
  const found: GateActivations[] = [];
  for (const [gate, own] of values) {
    const channels = channelsOf(gate);
    const step = replacedStep(model.layersModel, { gate, images, mean: channelMeans(own, channels) });
    const wrong = new Int8Array(test.count);
    const { error } = await evaluateSplit(await engine.compile(step), test, {
      size,
      classes,
      onBatch: (indices, { logits }) =>
        markWrong(wrong, { ...mark, indices, logits: logits as Float32Array }),
    });
    const changes = wrong.map((value, image) => value - (wrongAsItIs[image] as number));
    found.push({ gate, channels, values: own, errorWithMean: error, changes });
  }
  return found;
}

/** An evaluation of the network that also returns the factors of each gate. */
function probeStep(model: layers.LayersModel, gates: readonly string[], images: number[]): StepFunction {
  const outputs = gates.map((gate) => model.getLayer(gate).output as layers.SymbolicTensor);
  const probe = layers.model({
    inputs: model.inputs,
    outputs: [model.output as layers.SymbolicTensor, ...outputs],
  });
  return {
    name: "gate activations",
    inputs: { images },
    layers: probe.layers,
    run: (inputs) => {
      const [logits, ...factors] = probe.apply(inputs.images as tf.Tensor, {
        training: false,
      }) as tf.Tensor[];
      return {
        logits: logits as tf.Tensor,
        ...Object.fromEntries(gates.map((gate, index) => [gate, factors[index] as tf.Tensor])),
      };
    },
  };
}

/** Copies the rows of a batch to the places of its images. Rows after those of the indices are padding. */
function scatterRows(
  all: Float32Array,
  { indices, rows, length }: { indices: Uint32Array; rows: Float32Array; length: number },
): void {
  for (const [row, image] of indices.entries())
    all.set(rows.subarray(row * length, (row + 1) * length), image * length);
}

interface MarkParts {
  readonly indices: Uint32Array;
  /** [batch, outputs]. Rows after those of the indices are padding. */
  readonly logits: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly outputs: number;
}

/** Sets 1 for the misclassified images of a batch and 0 for the others. */
function markWrong(wrong: Int8Array, { indices, logits, labels, outputs }: MarkParts): void {
  for (const [row, image] of indices.entries()) {
    const scores = logits.subarray(row * outputs, (row + 1) * outputs);
    wrong[image] = isWrong(scores, labels[image] as number) ? 1 : 0;
  }
}

/** An evaluation of the network in which one gate's layer returns constants. */
function replacedStep(
  model: layers.LayersModel,
  { gate, images, mean }: { gate: string; images: number[]; mean: Float32Array },
): StepFunction {
  return {
    name: `evaluation without ${gate}`,
    inputs: { images },
    layers: model.layers,
    run: (inputs) => {
      const layer = model.getLayer(gate);
      const call = layer.call;
      layer.call = (x) => {
        const input = (Array.isArray(x) ? x[0] : x) as tf.Tensor;
        const [batch] = input.shape;
        const [, ...rest] = layer.outputShape as number[];
        return tf.tile(tf.reshape(tf.tensor(mean), [1, ...rest]), [batch as number, ...rest.map(() => 1)]);
      };
      const logits = model.apply(inputs.images as tf.Tensor, { training: false }) as tf.Tensor;
      layer.call = call;
      return { logits };
    },
  };
}

function channelMeans(values: Float32Array, channels: number): Float32Array {
  const means = new Float64Array(channels);
  for (const [index, value] of values.entries())
    means[index % channels] = (means[index % channels] as number) + value;
  return Float32Array.from(means, (sum) => (sum * channels) / values.length);
}
