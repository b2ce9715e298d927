// squeezebox export: the model of a finished run, for TensorFlow.js or ONNX Runtime.

import { join } from "node:path";
import { describeDataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import { readResult, runFolder } from "../records/run-folder.js";
import { readCheckpoint } from "../training/checkpoint.js";
import { customLayers, exportLayersModel, exportOnnx } from "../training/export-run.js";
import { loadExperiment } from "./inputs.js";
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
  const folder = runFolder(run);
  const result = readResult(run);
  if (!result) throw new InputError(`${run} holds no finished run`);
  const { experiment } = loadExperiment(folder.config, []);
  const selected = result.selected_epoch === result.epochs ? folder.lastCheckpoint : folder.bestCheckpoint;
  const checkpoint = readCheckpoint(selected, result.fingerprint ?? "");
  if (!checkpoint) throw new InputError(`${selected} is missing`);
  const exported = {
    graph: buildNetwork(experiment.network, describeDataset(experiment.dataset)),
    weights: checkpoint.state,
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
