// squeezebox validate: files -> "valid", or all mistakes in them.

import { isLauncher, loadLauncher } from "../config/launcher.js";
import { readSource } from "../config/source.js";
import { isSweep } from "../config/sweep.js";
import {
  type Diagnostic,
  DiagnosticError,
  formatDiagnostic,
  InputError,
  sortDiagnostics,
} from "../diagnostic.js";
import { describedFacts } from "../experiment/dataset-facts.js";
import { loadExperiment, networkOf } from "../experiment/load-experiment.js";
import { checkStartingRun } from "../experiment/starting-run.js";
import { warningOf } from "../present/sentences.js";
import { expandSweep } from "../sweep/expand.js";
import { loadSweep } from "../sweep/load-sweep.js";
import { watchData } from "./data-progress.js";
import { print, printError, printJson, usesColor } from "./output.js";

export interface ValidateFlags {
  readonly json: boolean;
}

interface Validated {
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly unknown[];
  readonly problem?: string;
  /** Why sizes could not be checked: the data cannot be read, or the run to start from has not finished. */
  readonly unchecked?: string;
}

/** Exit code 0, or 2 if any file has a mistake. */
export async function validate(files: readonly string[], { json }: ValidateFlags): Promise<number> {
  const results: Validated[] = [];
  for (const file of files) {
    try {
      const { contents, unchecked } = await validateFile(file, json);
      results.push({ file, valid: true, diagnostics: [], ...(unchecked === null ? {} : { unchecked }) });
      if (json) continue;
      if (unchecked === null) print(`${file}: valid${contents}`);
      else print(`${file}: valid, but not all could be checked: ${unchecked}`);
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

/** `contents`: a summary of a sweep; empty for an experiment. */
async function validateFile(
  file: string,
  json: boolean,
): Promise<{ contents: string; unchecked: string | null }> {
  const source = readSource(file);
  if (isLauncher(source)) {
    const { name } = loadLauncher(file);
    return { contents: ` (a launcher, ${name})`, unchecked: null };
  }
  const view = watchData(json);
  const facts = describedFacts(view.progressed);
  const sweep = isSweep(source) ? loadSweep(file) : null;
  const loaded = sweep ? null : loadExperiment(file, []);
  try {
    if (sweep) {
      const expanded = await expandSweep(sweep, [], facts);
      const { runs, variants } = expanded;
      const warning = warningOf(expanded);
      return {
        contents: ` (${variants.length} variants, ${expanded.question ? "at most " : ""}${runs.length} runs)${warning === null ? "" : `\n  ${warning}`}`,
        unchecked: null,
      };
    }
    if (loaded) {
      const graph = networkOf(loaded, await facts(loaded));
      const problems = checkStartingRun(loaded.experiment, { ...loaded, graph });
      if (problems.length > 0) throw new DiagnosticError(problems);
    }
    return { contents: "", unchecked: null };
  } catch (error) {
    if (error instanceof InputError) return { contents: "", unchecked: error.message };
    // A run to start from may be trained later, like data that are not here yet.
    if (error instanceof DiagnosticError && error.diagnostics.every(({ code }) => code === "no-such-run"))
      return { contents: "", unchecked: error.diagnostics[0]?.message ?? "" };
    throw error;
  } finally {
    view.close();
  }
}

function toJson({ code, message, path, location: { file, line, column } }: Diagnostic) {
  return { code, message, path, file, line, column };
}
