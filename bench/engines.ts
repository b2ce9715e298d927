// The engines beside each other and beside Keras on the same TensorFlow and PyTorch: one case, rounds in turn, one table.
// Arguments: words that the names of cases contain (by default all cases of 28x28 pixels). Ratios are the result.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { formatTable } from "../src/format.js";
import { type BenchCase, CASES } from "./cases.js";
import type { Measurement } from "./measure.js";
import { findPython } from "./python.js";

const ROUNDS = 3;
const SECONDS = 5;
const THREADS = [1, 2];

/** Peers do not count multiply-accumulates. */
type Result = Pick<Measurement, "medianMs" | "imagesPerSecond" | "cpuMs" | "peakMegabytes" | "engine"> &
  Partial<Pick<Measurement, "macs">>;

interface Contestant {
  readonly name: string;
  readonly command: string;
  /** The case, threads and seconds come between them. */
  readonly script: string;
  readonly modes: readonly string[];
}

const run = promisify(execFile);
const inSources = (file: string) => fileURLToPath(new URL(`../../bench/${file}`, import.meta.url));

/** Ours: backend, device, precision. What cannot run here has no numbers. */
const OWN = [
  "compiled cpu float32",
  "compiled webgpu float32",
  "compiled cuda float32",
  "compiled cuda tf32",
  "tensorflow cpu float32",
  "tensorflow cpu tf32",
  "tensorflow cpu mixed",
  "tensorflow-eager cpu tf32",
];

const contestants: Contestant[] = [
  ...OWN.map((name) => ({
    name: name.replace("tensorflow cpu", "tensorflow").replace("eager cpu", "eager"),
    command: process.execPath,
    script: fileURLToPath(new URL("measure.js", import.meta.url)),
    modes: name.split(" "),
  })),
  ...peers("tensorflow.keras", "keras_peer.py", { Keras: "graph", "Keras, XLA": "jit" }),
  ...peers("torch", "pytorch_peer.py", {
    PyTorch: "contiguous",
    "PyTorch, channels last": "channels_last",
    "PyTorch, channels last, tf32": "channels_last+tf32",
    "PyTorch, compiled, tf32": "compile+tf32",
    "PyTorch, compiled, bfloat16": "compile+channels_last+bfloat16",
  }),
  ...peers("jax", "jax_peer.py", { JAX: "float32", "JAX, tf32": "tf32", "JAX, bfloat16": "bfloat16" }),
];

const words = process.argv.slice(2);
const cases = CASES.filter(({ name }) =>
  words.length === 0 ? name.includes("28x28") : words.every((word) => name.includes(word)),
);
for (const benchCase of cases) for (const threads of THREADS) await compare(benchCase, threads);

function peers(module: string, file: string, modes: Readonly<Record<string, string>>): Contestant[] {
  const python = findPython(module);
  if (python === null) {
    process.stdout.write(`no Python with ${module} was found (PYTHON names one)\n`);
    return [];
  }
  return Object.entries(modes).map(([name, mode]) => ({
    name,
    command: python,
    script: inSources(file),
    modes: [mode],
  }));
}

async function compare(benchCase: BenchCase, threads: number): Promise<void> {
  const results = new Map<Contestant, Result[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= ROUNDS; round++)
    for (const [contestant, own] of results) {
      process.stderr.write(
        `${benchCase.name}, ${threads} threads, round ${round} of ${ROUNDS}: ${contestant.name}\n`,
      );
      const result = await measured(contestant, benchCase, threads);
      if (result !== null) own.push(result);
    }
  const macs = [...results.values()].flat().find((result) => result.macs !== undefined)?.macs ?? 0;
  const rows = Array.from(results, ([{ name }, own]) => rowOf(name, own, macs));
  const head = ["", "ms a step", "images/s", "GFLOP/s", "CPU ms a step", "MB"];
  process.stdout.write(
    `\n${benchCase.name}, batch ${benchCase.batch}, ${threads} ${threads === 1 ? "thread" : "threads"}\n`,
  );
  process.stdout.write(`${formatTable(head, rows, { right: [1, 2, 3, 4, 5] })}\n`);
}

/** Null if it cannot run here. */
async function measured(
  { command, script, modes }: Contestant,
  benchCase: BenchCase,
  threads: number,
): Promise<Result | null> {
  try {
    const { stdout } = await run(command, [
      script,
      JSON.stringify(benchCase),
      String(threads),
      String(SECONDS),
      ...modes,
    ]);
    return JSON.parse(stdout) as Result;
  } catch (error) {
    process.stderr.write(`  cannot run here: ${lastLineOf((error as Error).message)}\n`);
    return null;
  }
}

function lastLineOf(text: string): string {
  const lines = text.trim().split("\n");
  return lines.findLast((line) => line.includes("Error")) ?? lines.at(-1) ?? "";
}

/** A multiply-accumulate is two operations, and the gradients of inputs and weights take as many as the forward pass each. */
const OPERATIONS_PER_MAC = 2 * 3;

/** Medians over the rounds. `macs`: of the forward pass of an image. */
function rowOf(name: string, results: readonly Result[], macs: number): string[] {
  if (results.length === 0) return [name, "-", "-", "-", "-", "-"];
  const median = (numberOf: (result: Result) => number) => {
    const values = results.map(numberOf).sort((a, b) => a - b);
    return (values[Math.floor(values.length / 2)] as number).toFixed(0);
  };
  return [
    name,
    median(({ medianMs }) => medianMs),
    median(({ imagesPerSecond }) => imagesPerSecond),
    median(({ imagesPerSecond }) => (OPERATIONS_PER_MAC * macs * imagesPerSecond) / 1e9),
    median(({ cpuMs }) => cpuMs),
    median(({ peakMegabytes }) => peakMegabytes),
  ];
}
