// squeezebox validate: files -> "valid", or every mistake in them.

import { readSource } from "../config/source.js";
import { checkSweep, isSweep } from "../config/sweep.js";
import {
  type Diagnostic,
  DiagnosticError,
  formatDiagnostic,
  InputError,
  sortDiagnostics,
} from "../diagnostic.js";
import { expandSweep } from "../sweep/expand.js";
import { describedFacts, loadExperiment, networkOf } from "./inputs.js";
import { print, printError, printJson, usesColor } from "./output.js";

export interface ValidateFlags {
  readonly json: boolean;
}

/** Exit code 0, or 2 where any file is wrong. */
export async function validate(files: readonly string[], { json }: ValidateFlags): Promise<number> {
  const results: { file: string; valid: boolean; diagnostics: unknown[]; problem?: string }[] = [];
  for (const file of files) {
    try {
      const note = await validateFile(file);
      results.push({ file, valid: true, diagnostics: [] });
      if (!json) print(`${file}: valid${note}`);
    } catch (error) {
      if (error instanceof InputError) {
        results.push({ file, valid: false, diagnostics: [], problem: error.message });
        if (!json) printError(error.message);
      } else if (error instanceof DiagnosticError) {
        const diagnostics = sortDiagnostics(error.diagnostics);
        results.push({ file, valid: false, diagnostics: diagnostics.map(toJson) });
        if (!json)
          for (const diagnostic of diagnostics)
            printError(formatDiagnostic(diagnostic, { color: usesColor(process.stderr) }));
      } else throw error;
    }
  }
  if (json) printJson(results);
  return results.every(({ valid }) => valid) ? 0 : 2;
}

async function validateFile(file: string): Promise<string> {
  const source = readSource(file);
  const facts = describedFacts();
  try {
    if (isSweep(source)) {
      const { runs, variants } = await expandSweep(checkSweep(source, file), [], facts);
      return ` (${variants.length} variants, ${runs.length} runs)`;
    }
    const loaded = loadExperiment(file, []);
    networkOf(loaded, await facts(loaded.experiment));
    return "";
  } catch (error) {
    // The configuration is right; its data are not on this machine.
    if (error instanceof InputError) return ` (sizes not checked: ${error.message})`;
    throw error;
  }
}

function toJson({ code, message, path, location: { file, line, column } }: Diagnostic) {
  return { code, message, path, file, line, column };
}
