// YAML text -> a parsed document whose values can be located, or diagnostics of its syntax.

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import { type Diagnostic, DiagnosticError, locationAt, type Path, type Places } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import { readRegularFile } from "../regular-file.js";

/** A value read from a text, with the location of each of its parts. */
export interface Located extends Places {
  readonly value: unknown;
}

const MAX_BYTES = 1 << 20;
const MAX_ALIASES = 1000;
const MAX_DEPTH = 64;
/** A file with more mistakes than this is probably not a configuration at all. */
const MAX_MISTAKES = 100;

/** Reads and parses a YAML file. Throws InputError (no such file) or DiagnosticError (syntax). */
export function readSource(file: string): Located {
  const text = readRegularFile(file, 100 * MAX_BYTES).toString("utf8");
  return parseSource(text, file);
}

/** Parses `text` starting at offset `from`; locations refer to the whole text. Throws DiagnosticError. */
export function parseSource(text: string, file: string, from = 0): Located {
  const at = (start: number, end: number) => locationAt(file, text, from + start, from + end);
  const diagnostic: DiagnosticAt = (code, message, range) => ({
    code,
    message,
    path: [],
    location: at(...range),
  });
  const fail = (code: DiagnosticCode, message: string): never => {
    throw new DiagnosticError([diagnostic(code, message, [0, 1])]);
  };
  if (Buffer.byteLength(text) > MAX_BYTES)
    fail("too-large", `a configuration must not be larger than ${MAX_BYTES} bytes`);
  const source = text.slice(from);
  const document = parseDocument(source, { prettyErrors: false, merge: true, logLevel: "error" });
  const mistakes = syntaxErrors(document, source, diagnostic);
  if (mistakes.length === 0) mistakes.push(...checkNodes(document, diagnostic));
  if (mistakes.length > 0) throw new DiagnosticError(mistakes);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (error instanceof ReferenceError)
      fail("alias-bomb", `the aliases expand to too many values (${error.message})`);
    throw error;
  }
  return { value, locate: (path, part) => at(...findRange(document, path, part)) };
}

/** Whether a document contains `path`, rather than relying on a default. */
export function isWritten({ value }: Located, path: Path): boolean {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return false;
    here = (here as Record<string, unknown>)[step];
  }
  return true;
}

/** Undefined where the path leads to nothing. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" ? (value as Record<string, unknown> | null)?.[step] : undefined,
    root,
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Range = [number, number];
/** Syntax errors are located by range, because there are no paths before the document is parsed. */
type DiagnosticAt = (code: DiagnosticCode, message: string, range: Range) => Diagnostic;

function syntaxErrors(document: Document.Parsed, text: string, diagnostic: DiagnosticAt): Diagnostic[] {
  const { errors } = document;
  const broken = errors.filter(({ code }) => code !== "DUPLICATE_KEY");
  // Duplicate keys may be a consequence of broken syntax, so they are only reported without it.
  if (broken.length === 0)
    return errors
      .slice(0, MAX_MISTAKES)
      .map(({ pos }) => diagnostic("duplicate-key", "this mapping already has a key of this name", pos));
  const overflow = broken.find(({ message }) => message.includes("call stack"));
  if (overflow) return [diagnostic("too-deep", "nested too deeply", overflow.pos)];
  const lines = new Set<number>();
  const found = broken
    .slice(0, MAX_MISTAKES)
    .map(({ code, message, pos: [start, end] }) => {
      if (code === "MULTIPLE_DOCS")
        return diagnostic("yaml-syntax", "a second document starts here, but a file may contain only one", [
          start,
          end,
        ]);
      if (code === "MISSING_CHAR")
        return diagnostic("yaml-syntax", message, [openingQuote(document, start) ?? start, end]);
      const axis = /^\$\{\w+\}/.exec(text.slice(start - 1))?.[0];
      if (axis === undefined) return diagnostic("yaml-syntax", message.trimEnd(), [start, end]);
      const hint = `inside { } and [ ], an axis must be quoted: "${axis}"`;
      return diagnostic("unquoted-axis", hint, [start - 1, start - 1 + axis.length]);
    })
    // Further errors in a line are mostly consequences of the first one.
    .filter(({ location: { line } }) => !lines.has(line) && lines.add(line));
  // The brace of an unquoted axis closes a mapping too early, which causes errors in everything after it.
  const axes = found.filter(({ code }) => code === "unquoted-axis");
  return axes.length > 0 ? axes : found;
}

/** The start of the quoted string that ends at `end` because its closing quote is missing. */
function openingQuote(document: Document.Parsed, end: number): number | null {
  let opening: number | null = null;
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith("QUOTE") && range?.[1] === end) opening = range[0];
    },
  });
  return opening;
}

/** Valid YAML that is not a tree of limited depth: wrong aliases and merges, or too deep nesting. */
function checkNodes(document: Document.Parsed, diagnostic: DiagnosticAt): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const add = (code: DiagnosticCode, message: string, node: Node) =>
    diagnostics.push(diagnostic(code, message, rangeOf(node) ?? [0, 1]));
  const anchors = new Map<string, Node>();
  visit(document, {
    Node: (_, node, path) => {
      if (path.filter(isCollection).length >= MAX_DEPTH) {
        add("too-deep", `nested deeper than ${MAX_DEPTH} levels`, node);
        return visit.BREAK;
      }
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (!target)
          add("unknown-alias", `there is no anchor named \`${node.source}\` before this alias`, node);
        else if (path.includes(target))
          add("circular-alias", `the value of \`&${node.source}\` contains itself here`, node);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
      const into = path.at(-1);
      if (isPair(into) && into.value === node && isMergeKey(into.key)) {
        const target = isAlias(node) ? anchors.get(node.source) : node;
        const sources = isSeq(target) ? target.items : [target];
        const merged = sources.map((item) => (isAlias(item) ? anchors.get(item.source) : item));
        if (target && !merged.every((item) => item === undefined || isMap(item)))
          add("wrong-type", "`<<` must be a mapping or a list of mappings", node);
      }
      return undefined;
    },
  });
  return diagnostics;
}

function findRange(document: Document.Parsed, path: Path, part: "key" | "value"): Range {
  let node = resolveAlias(document.contents, document);
  let range = rangeOf(node) ?? [0, 1];
  let key: Range | null = null;
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
  const own = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value ?? "") === key);
  if (own) return own;
  for (const pair of pairs) {
    if (!isMergeKey(pair.key)) continue;
    const merged = resolveAlias(pair.value, document);
    const maps = isSeq(merged) ? merged.items.map((item) => resolveAlias(item as Node, document)) : [merged];
    for (const map of maps) {
      const found = isMap(map) ? findPair(map.items as Pair<Node, Node | null>[], key, document) : null;
      if (found) return found;
    }
  }
  return null;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (key.value === "<<" || key.source === "<<");
}

function resolveAlias(node: Node | null | undefined, document: Document.Parsed): Node | null {
  return (isAlias(node) ? node.resolve(document) : node) ?? null;
}

/** Start and end of the text itself, without trailing white space and comments. */
function rangeOf(node: Node | null | undefined): Range | null {
  return node?.range ? [node.range[0], node.range[1]] : null;
}
