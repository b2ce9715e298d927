// Us beside our peers, in one run: step time by threads, images/s of two runs side by side, time to the first step,
// share of the machine's matrix-product rate. Prints a table, writes bench/results/bench.json. Ratios are the result.

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Tensor } from "onnxruntime-node";
import { OnnxBuilder } from "../src/compile/onnx/builder.js";
import { createSession } from "../src/compile/onnx/session.js";
import { formatTable } from "../src/format.js";
import { type BenchCase, CASES } from "./cases.js";
import type { Measurement } from "./measure.js";
import { findPython } from "./python.js";

const SECONDS = 4;
const OURS = fileURLToPath(new URL("measure.js", import.meta.url));
const PEER = fileURLToPath(new URL("../../bench/pytorch_peer.py", import.meta.url));
const RESULTS = fileURLToPath(new URL("../../bench/results/bench.json", import.meta.url));
const LAYOUTS = ["contiguous", "channels_last"] as const;

type PeerMeasurement = Pick<Measurement, "medianMs" | "imagesPerSecond" | "engine">;

const run = promisify(execFile);
const python = findPython("torch");
const gemm = await gemmRate();
process.stdout.write(`matrix product, one thread: ${(gemm / 1e9).toFixed(0)} GFLOP/s\n`);
process.stdout.write(`peer: ${python ?? "no Python with torch was found (Debian: python3-torch)"}\n\n`);

const rows: Record<string, unknown>[] = [];
for (const benchCase of CASES) rows.push(await compare(benchCase));
printTable(rows);
mkdirSync(new URL(".", `file://${RESULTS}`), { recursive: true });
writeFileSync(RESULTS, `${JSON.stringify({ date: new Date().toISOString(), gemm, cases: rows }, null, 2)}\n`);
process.stdout.write(`\n${RESULTS}\n`);

async function compare(benchCase: BenchCase): Promise<Record<string, unknown>> {
  process.stderr.write(`${benchCase.name} ...\n`);
  const one = await ours(benchCase, 1);
  const two = await ours(benchCase, 2);
  const peerRows: { layout: string; one: PeerMeasurement; two: PeerMeasurement; pair: number }[] = [];
  if (python !== null)
    for (const layout of LAYOUTS)
      peerRows.push({
        layout,
        one: await peer(python, benchCase, 1, layout),
        two: await peer(python, benchCase, 2, layout),
        pair: await sideBySide(() => peer(python, benchCase, 1, layout)),
      });
  const pair = await sideBySide(() => ours(benchCase, 1));
  return {
    ...benchCase,
    engine: one.engine,
    one,
    two,
    pair,
    peers: peerRows,
    gemmShare: share(one, benchCase),
  };
}

async function ours(benchCase: BenchCase, threads: number): Promise<Measurement> {
  const { stdout } = await run(process.execPath, [
    OURS,
    JSON.stringify(benchCase),
    String(threads),
    String(SECONDS),
  ]);
  return JSON.parse(stdout) as Measurement;
}

async function peer(
  python: string,
  benchCase: BenchCase,
  threads: number,
  layout: string,
): Promise<PeerMeasurement> {
  const { stdout } = await run(python, [
    PEER,
    JSON.stringify(benchCase),
    String(threads),
    String(SECONDS),
    layout,
  ]);
  return JSON.parse(stdout) as PeerMeasurement;
}

/** Images/s of two processes at the same time, added up. */
async function sideBySide(start: () => Promise<PeerMeasurement>): Promise<number> {
  const both = await Promise.all([start(), start()]);
  return both.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0);
}

/** Forward and backward need three times the forward pass; a multiply-accumulate is two operations. */
function share({ macs, medianMs }: Measurement, { batch }: BenchCase): number {
  return (6 * macs * batch) / (medianMs / 1000) / gemm;
}

async function gemmRate(): Promise<number> {
  const SIZE = 1024;
  const builder = new OnnxBuilder();
  const [a, b] = ["a", "b"].map((name) => ({ name, shape: [SIZE, SIZE] })) as [
    { name: string; shape: number[] },
    { name: string; shape: number[] },
  ];
  const product = { name: builder.op("MatMul", ["a", "b"]), shape: [SIZE, SIZE] };
  const session = await createSession(builder.encode({ inputs: [a, b], outputs: [product] }), {
    device: "cpu",
    threads: 1,
  });
  const feeds = {
    a: new Tensor("float32", new Float32Array(SIZE ** 2).fill(1), [SIZE, SIZE]),
    b: new Tensor("float32", new Float32Array(SIZE ** 2).fill(1), [SIZE, SIZE]),
  };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return (2 * SIZE ** 3) / (best / 1000);
}

function printTable(rows: readonly Record<string, unknown>[]): void {
  const head = [
    "case",
    "ms, 1 thread",
    "2 threads",
    "images/s, two runs",
    "first step",
    "of GEMM",
    "PyTorch layout",
    "ms, 1 thread",
    "2 threads",
    "images/s, two runs",
    "our speed, 1 thread",
    "two runs",
  ];
  const table = rows.flatMap((row) => {
    const { name, one, two, pair, peers, gemmShare } = row as unknown as {
      name: string;
      one: Measurement;
      two: Measurement;
      pair: number;
      gemmShare: number;
      peers: { layout: string; one: PeerMeasurement; two: PeerMeasurement; pair: number }[];
    };
    const own = [
      name,
      one.medianMs.toFixed(0),
      two.medianMs.toFixed(0),
      pair.toFixed(0),
      `${one.firstStepSeconds.toFixed(1)} s`,
      `${(100 * gemmShare).toFixed(0)} %`,
    ];
    if (peers.length === 0) return [[...own, "-", "-", "-", "-", "-", "-"]];
    return peers.map((other, index) => [
      ...(index === 0 ? own : own.map(() => "")),
      other.layout,
      other.one.medianMs.toFixed(0),
      other.two.medianMs.toFixed(0),
      other.pair.toFixed(0),
      `${(other.one.medianMs / one.medianMs).toFixed(2)}x`,
      `${(pair / other.pair).toFixed(2)}x`,
    ]);
  });
  process.stdout.write(`${formatTable(head, table, { right: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11] })}\n`);
}
