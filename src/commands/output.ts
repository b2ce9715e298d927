// How commands print: text for people, JSON for programs.

import { wrap } from "../format.js";

/** Signals on which a command stops in an orderly way. */
export const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The message when training stops because nobody can see its output. */
export function outputLost(error: Error): string {
  return `stopped, because the output cannot be written (${error.message}); run the same command again to continue`;
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Colours are for terminals that allow them (https://no-color.org), or on request (FORCE_COLOR). */
export function usesColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return Boolean(stream.isTTY) && !NO_COLOR && TERM !== "dumb";
}

/** Wraps a sentence between words in a terminal; elsewhere it stays on one line. */
export function wrapped(sentence: string): string {
  return process.stdout.isTTY ? wrap(sentence, lineWidth()) : sentence;
}

/** Characters per line: the terminal's, otherwise COLUMNS, otherwise 80. */
export function lineWidth(): number {
  const columns = process.stdout.columns || Number(process.env.COLUMNS);
  return Number.isInteger(columns) && columns >= 40 ? columns : 80;
}
