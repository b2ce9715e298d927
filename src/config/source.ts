// YAML text -> a parsed document whose values can be located, or the diagnostics of its syntax.

import { readFileSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from "yaml";
import {
  type Diagnostic,
  DiagnosticError,
  InputError,
  type Location,
  locationAt,
  type Path,
} from "../diagnostic.js";

/** A value read from a text, with the place of every part of it. */
export interface Located {
  readonly value: unknown;
  /** The place of the value at `path` (or of its key), or of its nearest ancestor that is written down. */
  locate(path: Path, part: "key" | "value"): Location;
}

const MAX_BYTES = 1 << 20;
const MAX_ALIASES = 1000;

/** Reads and parses a YAML file. Throws InputError (no such file) or DiagnosticError (syntax). */
export function readSource(file: string): Located {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String(cause);
    throw new InputError(`cannot read ${file}: ${reason}`, { cause });
  }
  return parseSource(text, file);
}

export function parseSource(text: string, file: string): Located {
  const fail = (code: string, message: string, start = 0, end = 1): never => {
    throw new DiagnosticError([{ code, message, path: [], location: locationAt(file, text, start, end) }]);
  };
  if (Buffer.byteLength(text) > MAX_BYTES) fail("too-large", `larger than ${MAX_BYTES} bytes`);
  let document: Document.Parsed | undefined;
  let value: unknown;
  try {
    document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: false, merge: true });
    throwSyntaxErrors(document, text, file);
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    if (error instanceof RangeError) return fail("too-deep", "nested too deeply");
    if (error instanceof ReferenceError && /alias/i.test(error.message))
      return fail("alias-bomb", `aliases expand to too much (${error.message})`);
    throw error;
  }
  const parsed = document;
  return {
    value,
    locate: (path, part) => {
      const [start, end] = findRange(parsed, path, part);
      return locationAt(file, text, start, end);
    },
  };
}

function throwSyntaxErrors(document: Document.Parsed, text: string, file: string): void {
  const diagnostics: Diagnostic[] = document.errors.map((error) => {
    const line = text.slice(text.lastIndexOf("\n", error.pos[0] - 1) + 1).split("\n", 1)[0] ?? "";
    const hint =
      /\$\{\w+\}/.test(line) && line.includes("{ ") ? '; inside { } write axes in quotes: "${r}"' : "";
    return {
      code: error.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax",
      message: `${error.message.replace(/\s+$/, "")}${hint}`,
      path: [],
      location: locationAt(file, text, error.pos[0], error.pos[1]),
    };
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
}

function findRange(document: Document.Parsed, path: Path, part: "key" | "value"): [number, number] {
  let node = resolveAlias(document.contents, document);
  let range = rangeOf(node) ?? [0, 1];
  let key: [number, number] | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair = findPair(node.items as Pair<Node, Node | null>[], String(step), document);
      if (!pair) return range;
      key = rangeOf(pair.key) ?? range;
      node = resolveAlias(pair.value, document);
      range = rangeOf(node) ?? key;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (!item) return range;
      node = resolveAlias(item, document);
      key = null;
      range = rangeOf(node) ?? range;
    } else return range;
  }
  return part === "key" ? (key ?? range) : range;
}

function findPair(
  pairs: Pair<Node, Node | null>[],
  key: string,
  document: Document.Parsed,
): Pair<Node, Node | null> | null {
  const own = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (own) return own;
  for (const pair of pairs) {
    if (!isScalar(pair.key) || (pair.key.value !== "<<" && pair.key.source !== "<<")) continue;
    const merged = resolveAlias(pair.value, document);
    const maps = isSeq(merged) ? merged.items.map((item) => resolveAlias(item as Node, document)) : [merged];
    for (const map of maps) {
      const found = isMap(map) ? findPair(map.items as Pair<Node, Node | null>[], key, document) : null;
      if (found) return found;
    }
  }
  return null;
}

function resolveAlias(node: Node | null | undefined, document: Document.Parsed): Node | null {
  return (isAlias(node) ? node.resolve(document) : node) ?? null;
}

/** Start and end of the text itself, without the white space and comments behind it. */
function rangeOf(node: Node | null | undefined): [number, number] | null {
  return node?.range ? [node.range[0], node.range[1]] : null;
}
