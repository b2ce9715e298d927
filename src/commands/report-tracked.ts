// The runs of a report -> files for another program.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../diagnostic.js";
import { mlflowStore } from "../present/mlflow.js";
import type { TrackedFiles } from "../present/tracked-values.js";
import { wandbRuns } from "../present/wandb.js";
import { writeWhole } from "../records/files.js";
import { type TrackedRun, trackedRuns } from "../report/tracked-runs.js";
import { oneOf } from "./inputs.js";

interface Format {
  /** Its name inside the folder of the report; the programs want it so. */
  readonly folder: string;
  readonly content: string;
  /** `root`: the absolute path of the folder. */
  readonly write: (runs: readonly TrackedRun[], root: string) => TrackedFiles;
}

const FORMATS = {
  mlflow: { folder: "mlruns", content: "MLflow's store", write: mlflowStore },
  wandb: { folder: "wandb", content: "W&B's runs", write: wandbRuns },
} as const satisfies Readonly<Record<string, Format>>;

export type TrackFormat = keyof typeof FORMATS;

/** Throws InputError for a format that there is not. */
export function checkFormat(asked: string | undefined): TrackFormat | undefined {
  return asked === undefined ? asked : oneOf("--track", asked, Object.keys(FORMATS) as TrackFormat[]);
}

/** Writes the runs for another program, and returns their folder. Throws InputError if there is a file in its place. */
export function writeTracked(folders: readonly string[], out: string, format: TrackFormat): string {
  const { folder: name, content, write } = FORMATS[format];
  const folder = join(out, name);
  const isFile = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile) throw new InputError(`${folder} is a file; ${content} must be in a folder of that name`);
  const { files, isOwn } = write(trackedRuns(folders), resolve(folder));
  // What is no longer there, such as runs of variants that were renamed.
  for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [])
    if (entry.isDirectory() && isOwn(entry.name)) removeOthers(folder, entry.name, files);
  for (const [path, bytes] of files) writeChanged(join(folder, path), Buffer.from(bytes));
  return folder;
}

/** Removes the files below `path` that are not wanted, and folders that they leave empty. `path` and those of files are from `root`. */
function removeOthers(root: string, path: string, wanted: TrackedFiles["files"]): void {
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) removeOthers(root, inner, wanted);
    else if (!wanted.has(inner)) rmSync(join(root, inner));
  }
  if (readdirSync(join(root, path)).length === 0) rmdirSync(join(root, path));
}

/** `wandb sync` leaves a mark beside what it has uploaded, which stays true of files that have not changed. */
function writeChanged(file: string, bytes: Buffer): void {
  if (existsSync(file) && readFileSync(file).equals(bytes)) return;
  rmSync(`${file}.synced`, { force: true });
  writeWhole(file, bytes);
}
