// One command of an installation, whose output goes to a log file.

import { spawn } from "node:child_process";
import { appendFileSync, closeSync, openSync } from "node:fs";
import { InputError } from "../diagnostic.js";

export interface Step {
  /** What it does, for people: `building the addon`. */
  readonly what: string;
  readonly command: string;
  /** Of the command; asked for when the steps before have been made. */
  readonly words: () => readonly string[];
  /** Called before the command is started. */
  readonly prepare?: () => void;
  /** The working folder, if it is not that of the installation. */
  readonly folder?: string;
  readonly environment?: () => Readonly<Record<string, string>>;
}

export interface StepOptions {
  /** That of the installation. */
  readonly folder: string;
  /** The output is appended to this file. */
  readonly log: string;
  readonly signal: AbortSignal;
}

/** Rejects with InputError, which names the log, if the command fails or cannot be started. */
export async function runStep(
  { what, command, words: wordsOf, prepare, environment, folder: own }: Step,
  { folder, log, signal }: StepOptions,
): Promise<void> {
  prepare?.();
  const words = wordsOf();
  appendFileSync(log, `\n$ ${[command, ...words].join(" ")}\n`);
  const output = openSync(log, "a");
  try {
    const ending = await new Promise<string | null>((resolve) => {
      const env = { ...process.env, ...environment?.() };
      const child = spawn(command, words, {
        cwd: own ?? folder,
        env,
        signal,
        stdio: ["ignore", output, output],
      });
      child.on("error", (error) => resolve(error.message));
      child.on("exit", (code, killed) => resolve(code === 0 ? null : `it ended with ${killed ?? code}`));
    });
    if (signal.aborted) throw new InputError(`interrupted while ${what}; nothing has been set up`);
    if (ending !== null) throw new InputError(`${what} failed (${ending}); its output is in ${log}`);
  } finally {
    closeSync(output);
  }
}
