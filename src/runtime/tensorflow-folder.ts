// The folder of this user into which `squeezebox setup tensorflow` installs TensorFlow.

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** By the convention of the platform, or `SQUEEZEBOX_TENSORFLOW`. */
export function tensorFlowFolder(): string {
  const { SQUEEZEBOX_TENSORFLOW, XDG_DATA_HOME } = process.env;
  return (
    SQUEEZEBOX_TENSORFLOW ||
    join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "squeezebox", "tensorflow")
  );
}

/** The package whose native part is built there. */
export const TFJS_NODE = "@tensorflow/tfjs-node";

/** What is installed there. */
export interface TensorFlowRecord {
  /** Version of TensorFlow. */
  readonly tensorflow: string;
  readonly gpu: boolean;
}

/** Written last, so that an installation without it is incomplete. */
export function recordIn(folder: string): string {
  return join(folder, "installed.json");
}

/** The Python packages there, where the libraries are; throws if there is no virtual environment. */
export function sitePackages(folder: string): string {
  const libraries = join(folder, "venv", "lib");
  const python = readdirSync(libraries).find((name) => name.startsWith("python3"));
  return join(libraries, python ?? "", "site-packages");
}

/** Null if nothing is installed, or not completely. */
export function readRecord(folder: string): TensorFlowRecord | null {
  try {
    return JSON.parse(readFileSync(recordIn(folder), "utf8")) as TensorFlowRecord;
  } catch {
    return null;
  }
}
