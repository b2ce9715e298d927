// squeezebox train: one experiment, in this process.

import { join } from "node:path";
import { parseSetFlag } from "../config/override.js";
import { InputError } from "../diagnostic.js";
import { datasetOf } from "../experiment/dataset-facts.js";
import { fingerprintOf, trajectoryOf } from "../experiment/fingerprint.js";
import { loadExperiment, networkOf } from "../experiment/load-experiment.js";
import { addEvents } from "../records/event-file.js";
import { removeLeftovers } from "../records/files.js";
import { heldBy, isLock, lockFolder } from "../records/lock.js";
import { readResult, removeRunLeftovers, runFolder } from "../records/run-folder.js";
import { continueShorter, indexFinishedRuns, reuseRun, setAsideOther } from "../sweep/finished-runs.js";
import { trainRun } from "../training/train-run.js";
import { DivergedError } from "../training/trainer.js";
import { type EngineFlags, parseEngine } from "./inputs.js";
import { INTERRUPTS, outputLost, print, printError, printJson } from "./output.js";
import { watchRun } from "./progress.js";

export interface TrainFlags extends EngineFlags {
  readonly set: readonly string[];
  readonly quick: boolean;
  readonly runs: string;
  readonly tensorboard: boolean;
  readonly json: boolean;
}

export async function train(file: string, flags: TrainFlags): Promise<number> {
  const engine = parseEngine(flags);
  const loaded = loadExperiment(file, flags.set.map(parseSetFlag), flags);
  const { experiment } = loaded;
  const dataset = await datasetOf(loaded);
  const graph = networkOf(loaded, { ...dataset, trainImages: dataset.train.count });
  const fingerprint = fingerprintOf(experiment, graph, dataset.fingerprint);
  const parent = join(flags.runs, experiment.name);
  const name = `seed-${experiment.seed}`;
  const folder = runFolder(join(parent, name));
  const lock = lockFolder(parent);
  if (!isLock(lock)) throw new InputError(heldBy(parent, lock));
  removeLeftovers(parent);
  removeRunLeftovers(folder);
  const view = watchRun(flags.json);
  const end = (message: string, exitCode: number) => {
    view.close();
    lock.release();
    printError(message);
    process.exit(exitCode);
  };
  const interrupt = () => end("\ninterrupted; the same command continues after the last finished epoch", 130);
  const whenOutputIsLost = (error: Error) => end(outputLost(error), 2);
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  process.stdout.on("error", whenOutputIsLost);
  try {
    setAsideOther(parent, name, fingerprint);
    const before = indexFinishedRuns(flags.runs);
    const known = reuseRun(folder.path, fingerprint, before.folders);
    if (known === null) {
      const trajectory = trajectoryOf(experiment, graph, dataset.fingerprint);
      continueShorter(folder.path, { trajectory, epochs: experiment.training.epochs }, before);
    }
    const { tensorboard } = flags;
    const parts = { experiment, graph, dataset, fingerprint, folder, tensorboard };
    const run = { ...parts, ...engine, onProgress: view.progressed };
    if (known === null) await trainRun(run).finally(view.close);
    else if (tensorboard) addEvents(folder, Date.now() / 1000);
    view.close();
    const result = readResult(folder.path);
    if (!result) throw new Error(`${folder.result} is missing`);
    if (flags.json) printJson(result);
    else {
      if (known !== null) print(`trained before (${known}); nothing was repeated`);
      print(
        `test error ${(100 * result.test_error).toFixed(2)} %, test loss ${result.test_loss.toFixed(4)}, ${result.images_per_second} images/s`,
      );
      print(`results: ${folder.result}, ${folder.epochs}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    printError(`failed: ${error.message} (${folder.log})`);
    return 1;
  } finally {
    lock.release();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    process.stdout.off("error", whenOutputIsLost);
  }
}
