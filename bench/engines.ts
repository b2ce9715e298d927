// The engines beside each other and beside Keras on the same TensorFlow and PyTorch: one case, rounds in turn, one table.
// Arguments: words that the names of cases contain (by default all cases of 28x28 pixels); --peak: the TFLOP/s of a GPU by its data sheet.
// Ratios are the result.

import { parseArgs } from "node:util";
import { machineLimits } from "../src/engine/machine-limits.js";
import { formatTable } from "../src/format.js";
import { visibleGpus } from "../src/runtime/gpus.js";
import { type BenchCase, CASES, OPERATIONS_PER_MAC } from "./cases.js";
import { type Contestant, median, ours, peers, Side } from "./contestant.js";
import type { Burst, Ready } from "./side.js";

const ROUNDS = 3;
const SECONDS = 5;
const THREADS = [1, 2];

/** Ours: backend, device, precision, and whether XLA compiles the graph. What cannot run here has no numbers. */
const OWN = [
  "compiled cpu float32",
  "compiled webgpu float32",
  "compiled cuda float32",
  "compiled cuda tf32",
  "tensorflow cpu float32",
  "tensorflow cpu tf32",
  "tensorflow cpu mixed",
  "tensorflow cpu float32 XLA",
  "tensorflow cpu tf32 XLA",
  "tensorflow-eager cpu tf32",
];

const contestants: Contestant[] = [
  ...OWN.map((name) =>
    ours(name.replace("tensorflow cpu", "tensorflow").replace("eager cpu", "eager"), name.split(" ")),
  ),
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

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { peak: { type: "string" } },
});
const cases = CASES.filter(({ name }) =>
  words.length === 0 ? name.includes("28x28") : words.every((word) => name.includes(word)),
);
for (const benchCase of cases) for (const threads of THREADS) await compare(benchCase, threads);

type Result = Ready & Burst;

async function compare(benchCase: BenchCase, threads: number): Promise<void> {
  const results = new Map<Contestant, Result[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= ROUNDS; round++)
    for (const [contestant, own] of results) {
      process.stderr.write(
        `${benchCase.name}, ${threads} threads, round ${round} of ${ROUNDS}: ${contestant.name}\n`,
      );
      const side = await Side.start(contestant, benchCase, threads);
      if (side === null) continue;
      own.push({ ...side.ready, ...(await side.burst(SECONDS)) });
      await side.stop();
    }
  const macs = [...results.values()].flat().find((result) => result.macs !== undefined)?.macs ?? 0;
  const peak = await peakOf(threads);
  const { batch } = benchCase;
  const rows = Array.from(results, ([{ name }, own]) => rowOf(name, own, { macs, batch, peak }));
  const head = ["", "ms a step", "images/s", "GFLOP/s", "% of peak", "CPU ms a step", "MB"];
  process.stdout.write(
    `\n${benchCase.name}, batch ${benchCase.batch}, ${threads} ${threads === 1 ? "thread" : "threads"}\n`,
  );
  process.stdout.write(`${formatTable(head, rows, { right: [1, 2, 3, 4, 5, 6] })}\n`);
}

/** FLOP/s: what `--peak` says; without it and without a GPU, what a product of matrices reaches on the CPU; otherwise null. */
async function peakOf(threads: number): Promise<number | null> {
  if (flags.peak !== undefined) return Number(flags.peak) * 1e12;
  return visibleGpus().length > 0 ? null : (await machineLimits(threads)).operationsPerSecond;
}

/** Medians over the rounds. `macs`: of the forward pass of an image. */
function rowOf(
  name: string,
  results: readonly Result[],
  { macs, batch, peak }: { macs: number; batch: number; peak: number | null },
): string[] {
  if (results.length === 0) return [name, "-", "-", "-", "-", "-", "-"];
  const middle = (numberOf: (result: Result) => number) => median(results.map(numberOf)).toFixed(0);
  const imagesPerSecond = ({ times, seconds }: Result) => (times.length * batch) / seconds;
  const flops = (result: Result) => OPERATIONS_PER_MAC * macs * imagesPerSecond(result);
  return [
    name,
    middle(({ times }) => median(times)),
    middle(imagesPerSecond),
    middle((result) => flops(result) / 1e9),
    peak === null ? "-" : middle((result) => (100 * flops(result)) / peak),
    middle(({ cpuMs }) => cpuMs),
    middle(({ peakMegabytes }) => peakMegabytes),
  ];
}
