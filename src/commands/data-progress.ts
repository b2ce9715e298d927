// Progress of reading a dataset: a bar, or a line now and then if there is no terminal. Nothing is shown if it takes no time.

import { SingleBar } from "cli-progress";
import type { DataProgress } from "../data/progress.js";
import { BAR_STYLE } from "./bar-style.js";
import { printError } from "./output.js";

export interface DataView {
  progressed(progress: DataProgress): void;
  close(): void;
}

const FIRST_MS = 500;
const EVERY_MS = 10_000;

export function watchData(silent: boolean): DataView {
  if (silent) return { progressed: () => {}, close: () => {} };
  const start = performance.now();
  return process.stderr.isTTY ? bar(start) : lines(start);
}

/** On the error stream, so that it does not mix with results. */
function bar(start: number): DataView {
  const bar = new SingleBar({
    ...BAR_STYLE,
    stream: process.stderr,
    clearOnComplete: true,
    format: "{bar} {what}, {value} of {total}",
  });
  let current: string | null = null;
  return {
    progressed: ({ what, done, of }) => {
      if (performance.now() - start < FIRST_MS) return;
      if (what !== current) bar.start(of, done, { what });
      else bar.update(done);
      current = what;
    },
    close: () => bar.stop(),
  };
}

function lines(start: number): DataView {
  let last = start + FIRST_MS - EVERY_MS;
  return {
    progressed: ({ what, done, of }) => {
      const now = performance.now();
      if (now - last < EVERY_MS) return;
      last = now;
      printError(`${what}, ${done} of ${of}`);
    },
    close: () => {},
  };
}
