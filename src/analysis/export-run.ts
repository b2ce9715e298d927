// A portable model -> files for other programs: a tfjs LayersModel with an example page, or ONNX.

import { join } from "node:path";
import { lower } from "../compile/lower.js";
import type { Target } from "../compile/ops/op.js";
import { TELLTALE_BATCH } from "../compile/passes/any-batch.js";
import { portableModel } from "../compile/portable.js";
import { trace, useTraceBackend } from "../compile/trace/trace.js";
import { buildModel } from "../model/build-model.js";
import { isOwnLayer } from "../model/own-layers.js";
import { inferShapes } from "../network/shapes.js";
import { writeWhole } from "../records/files.js";
import { DEVICES } from "../runtime/devices.js";
import tf from "../tfjs-core.cjs";
import { evaluationStep } from "../training/steps.js";
import { exportPage } from "./export-page.js";
import type { PortableModel } from "./portable-model.js";

/** Convolutions stay as the network has them, for people to read and for others to optimize. */
const PORTABLE: Target = { block: null, ...DEVICES.cpu.kernels, needsManyChannels: false };

export interface Exported {
  readonly files: readonly string[];
  /** Names of layers that stock TensorFlow.js does not have. Loading the model requires their classes to be registered. */
  readonly customLayers: readonly string[];
}

/**
 * Writes model.json and weights.bin, which `tf.loadLayersModel` of stock TensorFlow.js loads as a model that returns logits.
 * Also writes metadata.json, which is also the model's user-defined metadata, and, for pixels with one or three channels, a page,
 * unless a layer needs more than stock TensorFlow.js.
 */
export async function exportLayersModel(
  { graph, weights, metadata }: PortableModel,
  folder: string,
): Promise<Exported> {
  tf.enableProdMode();
  await import("@tensorflow/tfjs-backend-cpu");
  tf.setBackend("cpu");
  const { layersModel, weights: variables } = buildModel(graph);
  for (const [name, variable] of variables) {
    const values = weights.get(name);
    if (!values) throw new Error(`the checkpoint does not contain ${name}`);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  const files = new Map<string, string | Uint8Array>([["metadata.json", json(metadata)]]);
  await layersModel.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      const about = { format: "layers-model", generatedBy: "squeezebox", userDefinedMetadata: metadata };
      files.set("weights.bin", new Uint8Array(weightData as ArrayBuffer));
      files.set("model.json", JSON.stringify({ ...about, modelTopology, weightsManifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" as const } };
    }),
  );
  const takesPixels = metadata.input.values === "pixels from 0 to 255";
  const customLayers = layersModel.layers.filter(isOwnLayer).map(({ name }) => name);
  const isShown = takesPixels && [1, 3].includes(metadata.input.shape[3]) && customLayers.length === 0;
  const page = isShown ? exportPage(metadata.source.run) : new Map();
  return { files: writeAll(folder, new Map([...files, ...page])), customLayers };
}

export interface OnnxOptions {
  /** The batch size of the model; null for any size. */
  readonly batch: number | null;
}

/**
 * Writes model.onnx, which also contains the metadata, and metadata.json. Input `images` [batch, height, width, channels];
 * outputs `logits` and `probabilities` [batch, classes]. Throws InputError if `batch` is null and the network needs a fixed size.
 */
export function exportOnnx(
  { graph, weights, metadata }: PortableModel,
  folder: string,
  { batch }: OnnxOptions,
): Exported {
  useTraceBackend();
  const model = buildModel(graph);
  const shapes = inferShapes(graph);
  const [input, output] = [shapes.get(graph[0]?.name ?? ""), shapes.get(graph.at(-1)?.name ?? "")];
  if (!input || !output) throw new Error("the network is empty");
  const shape = { batch: batch ?? TELLTALE_BATCH, ...input, classes: output.channels };
  const evaluation = evaluationStep(model, { shape, state: model.weights });
  const step: typeof evaluation = {
    ...evaluation,
    run: (inputs) => {
      const { logits } = evaluation.run(inputs);
      return { logits: logits as tf.Tensor, probabilities: tf.softmax(logits as tf.Tensor) };
    },
  };
  const [, ...size] = metadata.input.shape;
  const about = {
    ...metadata,
    input: { ...metadata.input, shape: [batch, ...size] },
    output: { ...metadata.output, name: ["logits", "probabilities"], shape: [batch, output.channels] },
  };
  const lowered = lower(trace(step, model.weights), PORTABLE);
  const bytes = portableModel(lowered, {
    frozen: weights,
    metadata: Object.fromEntries(Object.entries(about).map(([key, value]) => [key, JSON.stringify(value)])),
    anyBatch: batch === null,
  });
  const files = new Map<string, string | Uint8Array>([
    ["model.onnx", bytes],
    ["metadata.json", json(about)],
  ]);
  return { files: writeAll(folder, files), customLayers: [] };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function writeAll(folder: string, files: ReadonlyMap<string, string | Uint8Array>): string[] {
  return Array.from(files, ([name, content]) => {
    const file = join(folder, name);
    writeWhole(file, content);
    return file;
  });
}
