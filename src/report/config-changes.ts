// Two experiments -> the differences between them.

import { isDeepStrictEqual } from "node:util";

/** One line for each value that differs, such as `network.se.r: 16 -> 4`. */
export function configChanges(from: unknown, to: unknown, path = ""): string[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (!isTree(from) || !isTree(to)) return [`${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`];
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) => configChanges(from[key], to[key], path === "" ? key : `${path}.${key}`));
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
