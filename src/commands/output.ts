// Where commands print: text for people, JSON for machines.

import { wrap } from "../format.js";

/** Signals that end a command in good order. */
export const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Nobody can follow a training whose output goes nowhere. */
export function outputLost(error: Error): string {
  return `stopped, the output cannot be written (${error.message}); what has finished is kept, and the same command continues`;
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

/** Colours only for a terminal that wants them (https://no-color.org), or where they are asked for (FORCE_COLOR). */
export function usesColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return Boolean(stream.isTTY) && !NO_COLOR && TERM !== "dumb";
}

/** Between words, in a terminal; elsewhere a sentence is a line. */
export function wrapped(sentence: string): string {
  return process.stdout.isTTY ? wrap(sentence, lineWidth()) : sentence;
}

/** Characters in a line: the terminal's, else COLUMNS, else 80. */
export function lineWidth(): number {
  const columns = process.stdout.columns || Number(process.env.COLUMNS);
  return Number.isInteger(columns) && columns >= 40 ? columns : 80;
}
