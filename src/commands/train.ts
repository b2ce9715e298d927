// squeezebox train: trains one experiment, in this process.

import { join, resolve } from "node:path";
import { mostEpochs } from "../config/experiment-spec.js";
import { parseSetFlag } from "../config/override.js";
import { DiagnosticError, InputError } from "../diagnostic.js";
import { checkEngine } from "../engine/select-engine.js";
import { datasetOf } from "../experiment/dataset-facts.js";
import { fingerprintOf, trajectoryOf } from "../experiment/fingerprint.js";
import { loadExperiment, networkOf } from "../experiment/load-experiment.js";
import { checkStartingRun, withStartingRun } from "../experiment/starting-run.js";
import { formatPercent } from "../format.js";
import { addEvents } from "../records/event-file.js";
import { removeLeftovers } from "../records/files.js";
import { heldBy, isLock, lockFolder } from "../records/lock.js";
import { type RunFolder, readResult, removeRunLeftovers, runFolder } from "../records/run-folder.js";
import type { Backend } from "../runtime/devices.js";
import { expectedBackend } from "../runtime/gpus.js";
import { indexFinishedRuns, reuseRun } from "../sweep/finished-runs.js";
import { checkFree, isOther, setAside } from "../sweep/set-aside.js";
import { continueShorter } from "../sweep/shorter-runs.js";
import { isFailedRun } from "../training/failed-run.js";
import type { RunOptions } from "../training/run-options.js";
import { trainRun } from "../training/train-run.js";
import { autoNotes } from "./auto-backend.js";
import { watchData } from "./data-progress.js";
import { type EngineFlags, parseEngine } from "./inputs.js";
import { INTERRUPTS, outputLost, print, printError, printJson } from "./output.js";
import { watchRun } from "./progress.js";

export interface TrainFlags extends EngineFlags {
  readonly set: readonly string[];
  readonly quick: boolean;
  readonly runs: string;
  readonly tensorboard: boolean;
  readonly predictions: boolean;
  readonly loaders: number;
  readonly json: boolean;
}

export async function train(file: string, flags: TrainFlags): Promise<number> {
  const engine = parseEngine(flags);
  const run = await readRun(file, flags);
  const { parent, folder } = run;
  const lock = lockFolder(parent);
  if (!isLock(lock)) throw new InputError(heldBy(parent, lock));
  removeLeftovers(parent);
  removeRunLeftovers(folder);
  const view = watchRun(flags.json);
  const stopListening = whenStopped((message, exitCode) => {
    view.close();
    lock.release();
    printError(message);
    process.exit(exitCode);
  });
  try {
    const known = reuseEarlier(run, flags.runs, expectedBackend(engine));
    const { tensorboard, predictions } = flags;
    if (known === null && !flags.json) for (const note of await autoNotes(engine)) print(note);
    if (known === null)
      await checkEngine(engine)
        .then(() => trainRun({ ...run, ...engine, tensorboard, predictions, onProgress: view.progressed }))
        .finally(view.close);
    else if (tensorboard) addEvents(folder, Date.now() / 1000);
    view.close();
    printResult(folder, known, flags);
    return 0;
  } catch (error) {
    if (!isFailedRun(error)) throw error;
    printError(`failed: ${error.message} (${folder.log})`);
    return 1;
  } finally {
    run.dataset.close();
    lock.release();
    stopListening();
  }
}

interface TrainInputs
  extends Pick<RunOptions, "experiment" | "graph" | "dataset" | "fingerprint" | "folder"> {
  /** The folder of the experiment, which contains that of the run. */
  readonly parent: string;
  readonly name: string;
}

async function readRun(file: string, flags: TrainFlags): Promise<TrainInputs> {
  const loaded = loadExperiment(file, flags.set.map(parseSetFlag), flags);
  const experiment = withStartingRun(loaded.experiment);
  const view = watchData(flags.json);
  const options = { loaders: flags.loaders, onProgress: view.progressed };
  const dataset = await datasetOf(loaded, options).finally(view.close);
  const graph = networkOf(loaded, { ...dataset, trainImages: dataset.train.count });
  const problems = checkStartingRun(loaded.experiment, { ...loaded, graph });
  if (problems.length > 0) throw new DiagnosticError(problems);
  const fingerprint = fingerprintOf(experiment, graph, dataset.fingerprint);
  const parent = join(flags.runs, experiment.name);
  const name = `seed-${experiment.seed}`;
  return { experiment, graph, dataset, fingerprint, parent, name, folder: runFolder(join(parent, name)) };
}

/** Calls `stop` on a signal or if the output is lost. Returns a function that stops listening. */
function whenStopped(stop: (message: string, exitCode: number) => void): () => void {
  const interrupt = () =>
    stop("\ninterrupted; run the same command again to continue after the last finished epoch", 130);
  const whenOutputIsLost = (error: Error) => stop(outputLost(error), 2);
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  process.stdout.on("error", whenOutputIsLost);
  return () => {
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    process.stdout.off("error", whenOutputIsLost);
  };
}

/**
 * Looks for the same run among the finished ones in `root` and returns the folder it was found in. If there is none, returns
 * null, and training continues a shorter run if there is one.
 */
function reuseEarlier(run: TrainInputs, root: string, backend: Backend): string | null {
  const { experiment, graph, dataset, fingerprint, parent, name, folder } = run;
  if (isOther(folder.path, { fingerprint, backend })) {
    const { from } = experiment;
    if (from !== "none" && from.run === resolve(folder.path))
      throw new InputError(
        `${folder.path} would be replaced by this run, which starts from it; give it another name`,
      );
    checkFree(parent, name);
    setAside(parent, name);
  }
  const before = indexFinishedRuns(root);
  const known = reuseRun(folder.path, fingerprint, before.folders);
  if (known === null) {
    const trajectory = trajectoryOf(experiment, graph, dataset.fingerprint);
    continueShorter(folder.path, { trajectory, epochs: mostEpochs(experiment.training), backend }, before);
  }
  return known;
}

/** `known`: the folder in which the run was found, if it was trained before. */
function printResult(folder: RunFolder, known: string | null, { json }: Pick<TrainFlags, "json">): void {
  const result = readResult(folder.path);
  if (!result) throw new Error(`${folder.result} is missing`);
  if (json) {
    printJson(result);
    return;
  }
  if (known !== null) print(`already trained (${known}); nothing was repeated`);
  print(
    `test error ${formatPercent(result.test_error)}, test loss ${result.test_loss.toFixed(4)}, ${result.images_per_second} images/s`,
  );
  print(`results: ${folder.result}, ${folder.epochs}`);
}
