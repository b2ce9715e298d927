// What `--launcher` names -> a launcher: its name, or a file that describes one.

import { DiagnosticError, InputError } from "../diagnostic.js";
import { didYouMean } from "../suggest.js";
import { fillDefaults } from "./fill-defaults.js";
import { readSource } from "./source.js";
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
  const source = readSource(asked);
  const mistakes = validateSchema("launcher", source);
  if (mistakes.length > 0) throw new DiagnosticError(mistakes);
  return fillDefaults("launcher", source.value) as LauncherSpec;
}
