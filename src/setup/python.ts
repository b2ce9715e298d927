// Python: which one to use, and installing packages from PyPI into a virtual environment.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Step } from "./run-step.js";

/** The minor versions of Python 3 for which there are wheels, the last one included. */
export type PythonVersions = readonly [first: number, last: number];

/** `PYTHON`, python3 or python; null if none of them is of these versions and can make virtual environments. */
export function findPython(versions: PythonVersions): string | null {
  const names = [process.env.PYTHON, "python3", "python"];
  return names.find((name) => name && isPython(name, versions)) ?? null;
}

/** What to say if there is none. */
export function missingPython([first, last]: PythonVersions): string {
  return `Python 3.${first} to 3.${last} with venv and pip (apt-get install python3-venv)`;
}

function isPython(command: string, [first, last]: PythonVersions): boolean {
  const check = `import sys, venv, ensurepip; assert (3, ${first}) <= sys.version_info < (3, ${last + 1})`;
  return spawnSync(command, ["-c", check], { stdio: "ignore" }).status === 0;
}

export function virtualEnvironment(python: string): Step {
  return {
    what: "making a virtual environment",
    command: python,
    words: () => ["-m", "venv", "venv"],
  };
}

/** `what`: for people. `words`: flags and requirements. */
export function pipInstall(folder: string, what: string, words: readonly string[]): Step {
  return {
    what: `installing ${what} from PyPI`,
    command: join(folder, "venv", "bin", "pip"),
    words: () => ["install", "--no-input", "--disable-pip-version-check", ...words],
  };
}
