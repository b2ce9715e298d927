// A program that is measured, ours or a peer: a process that trains one case and runs steps when it is asked to.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type BenchCase, peerCase } from "./cases.js";
import { findPython } from "./python.js";
import type { Burst, Ready } from "./side.js";

export interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly script: string;
  /** Words that follow the case and the number of threads. */
  readonly modes: readonly string[];
}

/** `dist`: of another checkout, to compare two versions. */
export function ours(
  name: string,
  modes: readonly string[] = [],
  dist = new URL("..", import.meta.url),
): Contestant {
  return { name, command: process.execPath, script: fileURLToPath(new URL("bench/side.js", dist)), modes };
}

/** Those of one Python module, by the names of their modes; none if no Python has the module. */
export function peers(module: string, file: string, modes: Readonly<Record<string, string>>): Contestant[] {
  const command = findPython(module);
  if (command === null) {
    process.stdout.write(`no Python with ${module} was found (PYTHON names one)\n`);
    return [];
  }
  const script = fileURLToPath(new URL(`../../bench/${file}`, import.meta.url));
  return Object.entries(modes).map(([name, mode]) => ({ name, command, script, modes: [mode] }));
}

export class Side {
  readonly #lines: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcess,
    lines: AsyncIterator<string>,
    readonly ready: Ready,
    /** From the start of the process to the end of its first step. */
    readonly firstStepSeconds: number,
  ) {
    this.#lines = lines;
  }

  /** Null if it cannot run here; the reason is printed. */
  static async start(
    { name, command, script, modes }: Contestant,
    benchCase: BenchCase,
    threads: number,
  ): Promise<Side | null> {
    const isPeer = script.endsWith(".py");
    const words = [JSON.stringify(isPeer ? peerCase(benchCase) : benchCase), String(threads), ...modes];
    const start = performance.now();
    const child = spawn(command, [script, ...words], { stdio: "pipe" });
    const errors: string[] = [];
    child.stderr.on("data", (text: Buffer) => errors.push(text.toString()));
    // Writing to a process that has ended is found when its answer is missing.
    child.stdin.on("error", () => {});
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) {
      process.stderr.write(`${name} cannot run here: ${reasonIn(errors.join(""))}\n`);
      return null;
    }
    const seconds = (performance.now() - start) / 1000;
    return new Side(child, lines, JSON.parse(first.value) as Ready, seconds);
  }

  async burst(seconds: number): Promise<Burst> {
    this.child.stdin?.write(`${seconds}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a program that is measured has ended");
    return JSON.parse(value) as Burst;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

function reasonIn(text: string): string {
  const lines = text.trim().split("\n");
  return lines.findLast((line) => line.includes("Error")) ?? lines.at(-1) ?? "";
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
