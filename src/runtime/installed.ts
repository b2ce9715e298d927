// What `squeezebox setup` installs, in a folder of this user for each.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What is noted of each that has been installed. */
export interface Records {
  readonly tensorflow: {
    /** Version of TensorFlow. */
    readonly tensorflow: string;
    readonly gpu: boolean;
  };
  readonly cuda: {
    /** Version of ONNX Runtime. */
    readonly onnxruntime: string;
  };
}

export type Installable = keyof Records;

/** The environment variables that name other folders. */
export const FOLDER_VARIABLES: Readonly<Record<Installable, string>> = {
  tensorflow: "SQUEEZEBOX_TENSORFLOW",
  cuda: "SQUEEZEBOX_CUDA",
};

/** By the convention of the platform, or as the environment says. */
export function folderOf(what: Installable): string {
  const { [FOLDER_VARIABLES[what]]: named, XDG_DATA_HOME } = process.env;
  return resolve(named || join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "squeezebox", what));
}

/** The package whose native part is built for TensorFlow. */
export const TFJS_NODE = "@tensorflow/tfjs-node";

/** Written last, so that an installation without it is incomplete. */
export function recordIn(folder: string): string {
  return join(folder, "installed.json");
}

/** The Python packages there, where the libraries are; if there is no virtual environment, a folder that does not exist. */
export function sitePackages(folder: string): string {
  const libraries = join(folder, "venv", "lib");
  const names = existsSync(libraries) ? readdirSync(libraries) : [];
  const python = names.find((name) => name.startsWith("python3"));
  return join(libraries, python ?? "python3", "site-packages");
}

/** The key of each record that no other has. */
const OWN_KEYS = { tensorflow: "tensorflow", cuda: "onnxruntime" } as const;

/** Null if it is not installed, or not completely. */
export function recordOf<What extends Installable>(what: What): Records[What] | null {
  try {
    const record = JSON.parse(readFileSync(recordIn(folderOf(what)), "utf8"));
    return typeof record?.[OWN_KEYS[what]] === "string" ? (record as Records[What]) : null;
  } catch {
    return null;
  }
}
