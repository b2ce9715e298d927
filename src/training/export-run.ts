// A finished run -> its model for others: a tfjs LayersModel, or ONNX.

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { lower } from "../compile/lower.js";
import { trace, useTraceBackend } from "../compile/trace.js";
import type { State } from "../engine/engine.js";
import { buildModel } from "../model/build-model.js";
import type { Graph } from "../network/graph.js";
import { inferShapes } from "../network/shapes.js";
import { writeWhole } from "../records/files.js";
import { evaluationStep } from "./steps.js";

export interface ExportedRun {
  readonly graph: Graph;
  /** Weights and moving statistics. */
  readonly weights: State;
}

/** model.json and weights.bin in a folder: `tf.loadLayersModel` of stock TensorFlow.js reads them. Gives the files. */
export async function exportLayersModel({ graph, weights }: ExportedRun, folder: string): Promise<string[]> {
  tf.enableProdMode();
  await import("@tensorflow/tfjs-backend-cpu");
  tf.setBackend("cpu");
  const { layersModel, weights: variables } = buildModel(graph);
  for (const [name, variable] of variables) {
    const values = weights.get(name);
    if (!values) throw new Error(`the checkpoint lacks ${name}`);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  const files = [join(folder, "model.json"), join(folder, "weights.bin")] as const;
  await layersModel.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      const model = { format: "layers-model", generatedBy: "squeezebox", modelTopology, weightsManifest };
      writeWhole(files[1], new Uint8Array(weightData as ArrayBuffer));
      writeWhole(files[0], JSON.stringify(model));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" as const } };
    }),
  );
  return [...files];
}

/** One file; input images [batch, height, width, channels], output logits [batch, classes]. Runs in ONNX Runtime. */
export function exportOnnx({ graph, weights }: ExportedRun, file: string, batch: number): string[] {
  useTraceBackend();
  const model = buildModel(graph);
  const shapes = inferShapes(graph);
  const [input, output] = [shapes.get(graph[0]?.name ?? ""), shapes.get(graph.at(-1)?.name ?? "")];
  if (!input || !output) throw new Error("the network is empty");
  const step = evaluationStep(model, { batch, ...input, classes: output.channels });
  const { bytes } = lower(trace(step, model.weights), { block: null, hasPoolIndices: true }, weights);
  writeWhole(file, bytes);
  return [file];
}

/** Layers that stock TensorFlow.js does not know: the exported model loads only where they are registered. */
export function customLayers({ graph }: ExportedRun): string[] {
  const custom = new Set(["channel-reduce", "channel-function", "strip-mean", "repeat-channels", "rows"]);
  const shapes = inferShapes(graph);
  return graph.flatMap((node) => {
    const inputs = node.inputs.map((name) => shapes.get(name)?.channels);
    const grouped =
      node.op === "conv" &&
      (node.dilation > 1 ||
        (node.groups > 1 && !(node.groups === node.filters && node.groups === inputs[0])));
    return custom.has(node.op) || grouped ? [node.name] : [];
  });
}
