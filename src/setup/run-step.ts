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
  /** What to say if it fails, besides where its output is. */
  readonly advice?: string;
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
  { what, command, words: wordsOf, prepare, environment, folder: own, advice }: Step,
  { folder, log, signal }: StepOptions,
): Promise<void> {
  prepare?.();
  const words = wordsOf();
  appendFileSync(log, `\n$ ${[command, ...words].join(" ")}\n`);
  const output = openSync(log, "a");
  try {
    const ending = await new Promise<string | null>((resolve) => {
      const env = { ...process.env, ...environment?.() };
      // In a group of its own, so that whatever it has started can be stopped with it.
      const child = spawn(command, words, {
        cwd: own ?? folder,
        env,
        stdio: ["ignore", output, output],
        detached: true,
      });
      const stop = () => {
        if (child.pid !== undefined) process.kill(-child.pid);
      };
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      child.on("error", (error) => resolve(error.message));
      child.on("exit", (code, killed) => {
        signal.removeEventListener("abort", stop);
        resolve(code === 0 ? null : `it ended with ${killed ?? code}`);
      });
    });
    if (signal.aborted) throw new InputError(`interrupted while ${what}; nothing has been set up`);
    if (ending === null) return;
    throw new InputError(
      `${what} failed (${ending}); its output is in ${log}${advice === undefined ? "" : `; ${advice}`}`,
    );
  } finally {
    closeSync(output);
  }
}
