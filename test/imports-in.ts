// What a file imports, from its text.

/** `from "x"`, `import "x"`, `import("x")`, `require("x")`. */
export function importsIn(text: string): string[] {
  return Array.from(
    text.matchAll(/(?:\b(?:from|import)\s+["']|\b(?:import|require)\s*\(\s*["'`])([^"'`]+)["'`]/g),
    (match) => match[1] as string,
  );
}
