// A sweep -> the experiment it is based on: a file that it names, or one written out in the sweep.

import { basename, dirname, resolve } from "node:path";
import { collect, DiagnosticError, InputError } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import type { Checked } from "./experiment.js";
import { extended, readExperiment } from "./extended.js";
import { relativeTo, resolvePath } from "./paths.js";
import { longForm } from "./shorthand.js";
import type { Located } from "./source.js";
import type { Sweep as WrittenSweep } from "./sweep-schema.js";
import type { Sweep } from "./sweep-spec.js";

/** Whether a YAML file describes a sweep rather than an experiment: a sweep has `variants`. */
export function isSweep(located: Located): boolean {
  const { value } = located;
  return (
    typeof value === "object" &&
    value !== null &&
    ("variants" in value || (!("network" in value) && "experiment" in value))
  );
}

/** The experiment a sweep is based on, regardless of other mistakes in the sweep; null if it cannot be read. */
export function baseExperiment(
  located: Located,
  file: string,
): Readonly<{ located: Sweep["experiment"]; directory: string }> | null {
  const { name, experiment } = (located.value ?? {}) as Partial<WrittenSweep>;
  const isGiven = typeof experiment === "string" || (typeof experiment === "object" && experiment !== null);
  if (!isGiven) return null;
  const base = baseOf({ name: name ?? "", experiment, variants: [] }, located, file);
  return base.ok ? { located: base.value.experiment, directory: base.value.directory } : null;
}

export function baseOf(
  written: WrittenSweep,
  located: Located,
  file: string,
): Checked<Pick<Sweep, "experiment" | "directory">> {
  const here = dirname(resolve(file));
  const fail = (code: DiagnosticCode, message: string) => ({
    ok: false as const,
    diagnostics: collect(located, (report) => report(code, message, ["experiment"])),
  });
  try {
    if (typeof written.experiment !== "string") {
      const inline: Located = {
        value: { name: written.name, ...written.experiment },
        locate: (path, part) => located.locate(["experiment", ...path], part),
      };
      return { ok: true, value: { experiment: longForm(extended(inline, file)), directory: here } };
    }
    // Diagnostics show this path, so it is relative to the working directory.
    const experiment = readExperiment(relativeTo(file, written.experiment));
    if (isSweep(experiment)) return fail("not-an-experiment", `\`${written.experiment}\` is itself a sweep`);
    const directory = dirname(resolvePath(written.experiment, here));
    return { ok: true, value: { experiment: longForm(experiment), directory } };
  } catch (error) {
    if (error instanceof DiagnosticError) return { ok: false, diagnostics: error.diagnostics };
    if (!(error instanceof InputError) || typeof written.experiment !== "string") throw error;
    const reason = error.message.slice(error.message.lastIndexOf(": ") + 2);
    return fail(
      "no-such-file",
      `cannot read the experiment \`${written.experiment}\`: ${reason} (paths are relative to the folder of ${basename(file)})`,
    );
  }
}
