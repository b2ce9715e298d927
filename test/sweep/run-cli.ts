// Starts the program as users do, in a given folder.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../src/cli.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The output so far. */
  output(): string;
  /** Resolves when the output matches, or when the program ends. */
  until(pattern: RegExp): Promise<void>;
  /** Kills the process and all processes it has started. */
  killGroup(): Promise<void>;
}

/** The command line for a shell, for tests of pipes and redirections. */
export function shellWords(...words: string[]): string {
  return [process.execPath, CLI, ...words].map((word) => `'${word}'`).join(" ");
}

export function start(folder: string, ...words: string[]): Started {
  const child = spawn(process.execPath, [CLI, ...words], { cwd: folder, detached: true });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output, errors }));
  return {
    child,
    ended,
    output: () => output,
    until: async (pattern) => {
      while (!pattern.test(output) && child.exitCode === null && child.signalCode === null)
        await Promise.race([once(child.stdout, "data"), ended]);
    },
    killGroup: async () => {
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It has already ended.
      }
      await ended;
    },
  };
}

export interface SweepText {
  readonly name: string;
  readonly variants: readonly object[];
  readonly seeds: readonly number[] | object;
  readonly epochs: number;
  readonly training?: object;
  readonly images?: number;
}

/** A network that trains in milliseconds: one stage of one block on 8x8 images. */
export function writeSweepFile(
  folder: string,
  { name, variants, seeds, epochs, training, images = 100 }: SweepText,
): void {
  const experiment = {
    dataset: { name: "synthetic", size: 8, channels: 3, classes: 4, images, test: 30, validation: 30 },
    network: { stem: { filters: 8 }, stages: [{ block: "basic", filters: 8 }] },
    training: {
      epochs,
      batchSize: 32,
      optimizer: { name: "sgd", learningRate: 0.05 },
      select: "validation",
      ...training,
    },
  };
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify({ name, experiment, variants, seeds }));
}
