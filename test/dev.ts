// `npm run dev`: compiles while files change, and runs the tests that import what has changed.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, watch } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importsIn } from "./imports-in.js";

const BUILT = resolve("dist");
/** Long enough for the compiler to write all files of one change. */
const SETTLED_MS = 300;

const changed = new Set<string>();
let timer: NodeJS.Timeout | undefined;
let running = false;
/** By file: the compiler also writes files anew whose text stays the same. */
const texts = new Map(builtFiles().map((file) => [file, readFileSync(file, "utf8")]));

spawn("tsc", ["-p", ".", "--watch", "--preserveWatchOutput"], { stdio: "inherit", shell: true });
watch(BUILT, { recursive: true }, (_, name) => {
  const file = name === null ? "" : join(BUILT, name);
  if (!file.endsWith(".js") || !statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  const text = readFileSync(file, "utf8");
  if (texts.get(file) === text) return;
  texts.set(file, text);
  changed.add(file);
  clearTimeout(timer);
  timer = setTimeout(runTests, SETTLED_MS);
});

function runTests(): void {
  if (running || changed.size === 0) return;
  const tests = testsOf(changed);
  changed.clear();
  if (tests.length === 0) return;
  running = true;
  const mocha = spawn("mocha", ["--timeout", "20000", ...tests], { stdio: "inherit", shell: true });
  mocha.on("exit", () => {
    running = false;
    runTests();
  });
}

/** Test files that import one of the files, themselves or through others. */
function testsOf(files: ReadonlySet<string>): string[] {
  const importers = new Map<string, string[]>();
  for (const file of builtFiles())
    for (const target of importsIn(readFileSync(file, "utf8")).filter((name) => name.startsWith("."))) {
      const imported = resolve(dirname(file), target);
      importers.set(imported, [...(importers.get(imported) ?? []), file]);
    }
  const reached = new Set(files);
  for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
  return [...reached].filter((file) => file.endsWith(".test.js"));
}

function builtFiles(): string[] {
  return readdirSync(BUILT, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(BUILT, name));
}
