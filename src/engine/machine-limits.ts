// What this machine computes and moves at most with ONNX Runtime, to compare with what a network reaches.

import { Tensor } from "onnxruntime-node";
import { OnnxBuilder } from "../compile/onnx/builder.js";
import { createSession } from "../compile/onnx/session.js";
import { firstOutput, runInto } from "../compile/onnx/uncopied.js";

export interface MachineLimits {
  /** Multiplications and additions per second in a product of large matrices. */
  readonly operationsPerSecond: number;
  /** Bytes read and written per second in a sum of vectors that no cache holds. */
  readonly bytesPerSecond: number;
}

/** Rows and columns of the matrices. */
const SIZE = 768;
/** Numbers of a vector: 64 MiB. */
const LENGTH = 1 << 24;
const ROUNDS = 5;

export async function machineLimits(threads: number): Promise<MachineLimits> {
  const product = await bestSeconds("MatMul", [SIZE, SIZE], threads);
  const sum = await bestSeconds("Add", [LENGTH], threads);
  return {
    operationsPerSecond: (2 * SIZE ** 3) / product,
    bytesPerSecond: (3 * LENGTH * Float32Array.BYTES_PER_ELEMENT) / sum,
  };
}

/** The shortest time of an op with two inputs, in seconds. */
async function bestSeconds(op: string, shape: readonly number[], threads: number): Promise<number> {
  const builder = new OnnxBuilder();
  const inputs = ["a", "b"].map((name) => ({ name, shape }));
  const output = { name: builder.op(op, ["a", "b"]), shape };
  const first = firstOutput(builder);
  const bytes = builder.encode({ inputs, outputs: [first, output] });
  const session = await createSession(bytes, { device: "cpu", threads });
  const numbers = () =>
    new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), [...shape]);
  const feeds = { a: numbers(), b: numbers() };
  // What is written is always in the same place, so that no memory has to be found for it.
  const outputs = { [output.name]: numbers() };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await runInto(session, feeds, { first: first.name, outputs });
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  await session.release();
  return best;
}
