// What building TensorFlow's addon takes, besides npm: Python, a C++ compiler, make, and Node's headers.

import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { findPython, missingPython, type PythonVersions } from "./python.js";

/** For which TensorFlow has wheels. */
const PYTHON_VERSIONS: PythonVersions = [10, 13];

export interface Tools {
  /** A command. */
  readonly python: string;
  /** The folder that contains include/node; null if node-gyp has to download the headers. */
  readonly headers: string | null;
}

/** Throws InputError that lists everything that is missing, and how Debian calls it. */
export function findTools(): Tools {
  const missing: string[] = [];
  const python = findPython(PYTHON_VERSIONS);
  if (!python) missing.push(missingPython(PYTHON_VERSIONS));
  if (![process.env.CXX, "g++", "clang++"].some((name) => name && runs(name, "--version")))
    missing.push("a C++ compiler (apt-get install g++)");
  if (!runs("make", "--version")) missing.push("make (apt-get install make)");
  if (!python || missing.length > 0)
    throw new InputError(`TensorFlow cannot be set up without ${missing.join("; ")}`);
  return { python, headers: headersOfNode() };
}

function runs(command: string, ...words: readonly string[]): boolean {
  return spawnSync(command, words, { stdio: "ignore" }).status === 0;
}

/** Beside this Node, or where `NODEDIR` says. */
function headersOfNode(): string | null {
  const places = [process.env.NODEDIR, dirname(dirname(realpathSync(process.execPath)))];
  return places.find((place) => place && existsSync(join(place, "include", "node", "node_api.h"))) ?? null;
}
