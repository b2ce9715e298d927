// What `--launcher` names -> a launcher: its name, or a file that describes one.

import { DiagnosticError, InputError } from "../diagnostic.js";
import { didYouMean } from "../suggest.js";
import { fillDefaults } from "./fill-defaults.js";
import { type Located, readSource } from "./source.js";
import type { LauncherSpec } from "./sweep-spec.js";
import { validateSchema } from "./validate-schema.js";

const NAMES = ["local", "slurm"] as const satisfies readonly LauncherSpec["name"][];

/** `own`: the launcher of the sweep, which is used if only its name is given. Throws InputError and DiagnosticError. */
export function launcherFor(asked: string | undefined, own: LauncherSpec): LauncherSpec {
  if (asked === undefined || asked === own.name) return own;
  const name = NAMES.find((one) => one === asked);
  if (name !== undefined) return fillDefaults("launcher", { name }) as LauncherSpec;
  if (!/[./\\]/.test(asked))
    throw new InputError(
      `--launcher must be ${NAMES.join(", ")} or a file that describes one; found ${asked}${didYouMean(asked, NAMES)}`,
    );
  return loadLauncher(asked);
}

/** Throws InputError and DiagnosticError. */
export function loadLauncher(file: string): LauncherSpec {
  const source = readSource(file);
  const mistakes = validateSchema("launcher", source);
  if (mistakes.length > 0) throw new DiagnosticError(mistakes);
  return fillDefaults("launcher", source.value) as LauncherSpec;
}

/** Whether a file describes a launcher, rather than an experiment or a sweep that happens to be named like one. */
export function isLauncher({ value }: Located): boolean {
  const { name, network, dataset, experiment, variants } = (value ?? {}) as Record<string, unknown>;
  const others = [network, dataset, experiment, variants];
  return NAMES.some((one) => one === name) && others.every((one) => one === undefined);
}
