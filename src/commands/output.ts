// Where commands print: text for people, JSON for machines.

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

/** Colours only for a terminal that wants them (https://no-color.org). */
export function usesColor(stream: NodeJS.WriteStream): boolean {
  return Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}
