// squeezebox export: the model of a finished run, for TensorFlow.js or ONNX Runtime.

import { join } from "node:path";
import { describeDataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import { customLayers, exportLayersModel, exportOnnx } from "../training/export-run.js";
import { loadFinishedRun } from "./finished-run.js";
import { print, printError, printJson } from "./output.js";

export interface ExportFlags {
  readonly format: string;
  readonly batch: number;
  readonly json: boolean;
}

/** `run`: the folder of a run. Writes into it. */
export async function exportRun(run: string, { format, batch, json }: ExportFlags): Promise<number> {
  if (format !== "tfjs" && format !== "onnx")
    throw new InputError(`--format is tfjs or onnx; found ${format}`);
  const { experiment, weights } = loadFinishedRun(run);
  const exported = {
    graph: buildNetwork(experiment.network, describeDataset(experiment.dataset)),
    weights,
  };
  const files =
    format === "tfjs"
      ? await exportLayersModel(exported, join(run, "tfjs"))
      : exportOnnx(exported, join(run, "model.onnx"), batch);
  const custom = format === "tfjs" ? customLayers(exported) : [];
  if (json) printJson({ files, customLayers: custom });
  else {
    print(files.join("\n"));
    if (custom.length > 0)
      printError(
        `stock TensorFlow.js lacks layers of this network: ${custom.slice(0, 5).join(", ")}${custom.length > 5 ? ", ..." : ""}`,
      );
  }
  return 0;
}
