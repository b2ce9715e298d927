// squeezebox export: writes the model of a finished run for TensorFlow.js or ONNX Runtime.

import { join, resolve, sep } from "node:path";
import { exportLayersModel, exportOnnx } from "../analysis/export-run.js";
import { normalisedModel, pixelModel } from "../analysis/portable-model.js";
import { InputError } from "../diagnostic.js";
import { loadFinishedRun } from "../training/finished-weights.js";
import { print, printError, printJson } from "./output.js";

export interface ExportFlags {
  readonly format: string;
  readonly batch?: number;
  /** False: the model takes normalised images. */
  readonly normalisation: boolean;
  readonly json: boolean;
}

/** `run`: the folder of a run; the model is written to a folder inside it. */
export async function exportRun(
  run: string,
  { format, batch, normalisation, json }: ExportFlags,
): Promise<number> {
  if (format !== "tfjs" && format !== "onnx")
    throw new InputError(`--format must be tfjs or onnx; found ${format}`);
  const { experiment, graph, weights, data, result } = loadFinishedRun(run);
  const transforms = experiment.dataset.transforms.test;
  const source = {
    run: resolve(run).split(sep).slice(-3).join("/"),
    fingerprint: result.fingerprint,
    test_error: result.test_error,
    test_loss: result.test_loss,
  };
  const model = (normalisation ? pixelModel : normalisedModel)({
    ...{ graph, weights, data, source, transforms },
  });
  const folder = join(run, format);
  const { files, customLayers } =
    format === "tfjs"
      ? await exportLayersModel(model, folder)
      : exportOnnx(model, folder, { batch: batch ?? null });
  if (json) printJson({ files, customLayers });
  else {
    print(files.join("\n"));
    if (files.some((file) => file.endsWith("index.html")))
      print(
        `\nTo try the model in a browser, serve ${folder}, for example with \`npx http-server ${folder}\`.`,
      );
    const { values, shape } = model.metadata.input;
    const after = transforms.length > 0 ? ` after ${transforms.flatMap(Object.keys).join(", ")}` : "";
    print(`\nThe model takes ${values}, ${shape.slice(1).join("x")}${after}.`);
    if (customLayers.length > 0)
      printError(
        `stock TensorFlow.js does not have these layers of the network, so only a program that registers them can load it (--format onnx has no such layers): ${customLayers.slice(0, 5).join(", ")}${customLayers.length > 5 ? ", ..." : ""}`,
      );
  }
  return 0;
}
