// Whether the machine is as fast as it can be: a matrix product that takes some milliseconds, before and after what is measured.

import { Tensor } from "onnxruntime-node";
import { OnnxBuilder } from "../src/compile/onnx/builder.js";
import { createSession, type Session } from "../src/compile/onnx/session.js";
import { median } from "./contestant.js";

/** Rows and columns of the matrices. */
const SIZE = 512;
const PRODUCTS = 15;
/** How much longer than usual a product may take. */
const TOLERANCE = 0.15;

export class QuietCheck {
  readonly #known: number[] = [];

  private constructor(private readonly session: Session) {}

  static async create(): Promise<QuietCheck> {
    const builder = new OnnxBuilder();
    const shape = [SIZE, SIZE];
    const inputs = ["a", "b"].map((name) => ({ name, shape }));
    const output = { name: builder.op("MatMul", ["a", "b"]), shape };
    const bytes = builder.encode({ inputs, outputs: [output] });
    const check = new QuietCheck(await createSession(bytes, { device: "cpu", threads: 1 }));
    for (let round = 0; round < 5; round++) await check.look();
    return check;
  }

  /** Multiplications and additions per second in the usual product, one thread. */
  get operationsPerSecond(): number {
    return (2 * SIZE ** 3) / (this.#usual / 1000);
  }

  /** Whether a product takes as long as most have taken so far, or less. */
  async look(): Promise<boolean> {
    const numbers = () => new Tensor("float32", new Float32Array(SIZE ** 2).fill(1), [SIZE, SIZE]);
    const feeds = { a: numbers(), b: numbers() };
    const times: number[] = [];
    for (let product = 0; product < PRODUCTS; product++) {
      const start = performance.now();
      await this.session.run(feeds);
      times.push(performance.now() - start);
    }
    const now = median(times);
    this.#known.push(now);
    return now <= (1 + TOLERANCE) * this.#usual;
  }

  /** Milliseconds: the first quartile, because what disturbs only makes it longer. */
  get #usual(): number {
    const sorted = [...this.#known].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 4)] as number;
  }
}
