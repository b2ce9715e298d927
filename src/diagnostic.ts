// Expected mistakes as data, and their printed form: file:line:column, message and code frame.

import { codeFrameColumns } from "@babel/code-frame";
import type { DiagnosticCode } from "./diagnostic-codes.js";

/** The keys and indices that lead to a value from the top of a document. */
export type Path = readonly (string | number)[];

/** A range of a text. Lines and columns start at 1; columns count UTF-16 units. */
export interface Location {
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly path: Path;
  readonly location: Location;
}

/** The locations of the parts of a document. */
export interface Places {
  /** The location of the value at `path` (or of its key), or of its nearest ancestor that is present in the text. */
  locate(path: Path, part: "key" | "value"): Location;
  /** The path as the user wrote it, for a document with short forms. */
  written?(path: Path): Path;
}

/** Reports a mistake in the value at a path. `at`: its value (default), its key, or a location elsewhere that caused it. */
export type Report = (
  code: DiagnosticCode,
  message: string,
  path: Path,
  at?: "key" | "value" | Location,
) => void;

/** The diagnostics that a check of a document reports. */
export function collect({ locate, written }: Places, check: (report: Report) => void): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  check((code, message, path, at = "value") =>
    diagnostics.push({
      code,
      message,
      path: written?.(path) ?? path,
      location: typeof at === "string" ? locate(path, at) : at,
    }),
  );
  return diagnostics;
}

/** A path in the form that messages use. */
export function nameOf(path: Path, { written }: Pick<Places, "written"> = {}): string {
  return `\`${(written?.(path) ?? path).join(".")}\``;
}

/** Thrown for input with expected mistakes; carries all diagnostics. */
export class DiagnosticError extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${formatPosition(d.location)} ${d.message}`).join("\n"));
    this.name = "DiagnosticError";
  }
}

/** A mistake that has no location in a text (a missing file, a wrong flag). Printed without a stack trace; exit code 2. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** Sorts by file and position, and removes duplicates, including those of an anchor that is used in several list items. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort(
      (a, b) =>
        a.location.file.localeCompare(b.location.file) ||
        a.location.line - b.location.line ||
        a.location.column - b.location.column,
    )
    .filter((d) => {
      const key = `${formatPosition(d.location)} ${d.code} ${d.message.replaceAll(/\.\d+(?=[.`])/g, "")}`;
      return !seen.has(key) && seen.add(key);
    });
}

export function formatPosition({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

export function formatDiagnostic(diagnostic: Diagnostic, { color }: { color: boolean }): string {
  const { location, code, message } = diagnostic;
  const oneLine = location.line === location.endLine;
  const frame = codeFrameColumns(
    location.text,
    {
      start: { line: location.line, column: location.column },
      ...(oneLine ? { end: { line: location.endLine, column: location.endColumn } } : {}),
    },
    { linesAbove: 2, linesBelow: 1, forceColor: false, highlightCode: false },
  );
  const [red, cyan, reset] = color ? ["\u001b[31m", "\u001b[36m", "\u001b[39m"] : ["", "", ""];
  return `${cyan}${formatPosition(location)}${reset} ${red}error${reset} ${message} [${code}]\n${frame}\n`;
}

/** The location of a range given by UTF-16 offsets. */
export function locationAt(file: string, text: string, start: number, end: number): Location {
  const position = (offset: number) => {
    const before = text.slice(0, Math.max(0, Math.min(offset, text.length)));
    const lineStart = before.lastIndexOf("\n") + 1;
    return { line: before.split("\n").length, column: before.length - lineStart + 1 };
  };
  const from = position(start);
  const to = position(Math.max(end, start + 1));
  return {
    file,
    text,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}
