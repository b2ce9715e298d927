// The runs of a report -> files for another program.

import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { InputError } from "../diagnostic.js";
import { mlflowStore } from "../present/mlflow.js";
import { writeWhole } from "../records/files.js";
import { trackedRuns } from "../report/tracked-runs.js";

/** Writes MLflow's store, and returns its folder. */
export function writeTracked(folders: readonly string[], out: string): string {
  const folder = join(out, "mlruns");
  const isFile = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile) throw new InputError(`${folder} is a file; MLflow's store needs a folder`);
  const files = mlflowStore(trackedRuns(folders), resolve(folder));
  const experiments = new Set(Array.from(files.keys(), (name) => name.split("/")[0] as string));
  // What is no longer there, such as runs of variants that were renamed.
  for (const experiment of experiments) removeOthers(join(folder, experiment), new Set(files.keys()), folder);
  for (const [name, text] of files) writeWhole(join(folder, name), text);
  return folder;
}

/** Removes the files below a folder whose paths from `root` are not wanted, and folders that they leave empty. */
function removeOthers(folder: string, wanted: ReadonlySet<string>, root: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeOthers(path, wanted, root);
    else if (!wanted.has(relative(root, path).replaceAll(sep, "/"))) rmSync(path);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
