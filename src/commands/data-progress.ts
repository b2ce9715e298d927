// Progress of reading a dataset: a bar, or a line now and then if there is no terminal. Nothing is shown if it takes no time.

import { SingleBar } from "cli-progress";
import type { DataProgress } from "../data/progress.js";
import { BAR_STYLE } from "./bar-style.js";
import { printError } from "./output.js";

export interface DataView {
  progressed(progress: DataProgress): void;
  close(): void;
}

/** What takes less time than this is not shown. */
const FIRST_MS = 1000;
const EVERY_MS = 10_000;

export function watchData(silent: boolean): DataView {
  if (silent) return { progressed: () => {}, close: () => {} };
  return process.stderr.isTTY ? bar() : lines();
}

/** On the error stream, so that it does not mix with results. */
function bar(): DataView {
  const bar = new SingleBar({
    ...BAR_STYLE,
    stream: process.stderr,
    clearOnComplete: true,
    format: "{bar} {what}, {value} of {total}",
  });
  let start: number | null = null;
  let current: string | null = null;
  return {
    progressed: ({ what, done, of }) => {
      start ??= performance.now();
      if (performance.now() - start < FIRST_MS) return;
      if (what !== current) bar.start(of, done, { what });
      else bar.update(done);
      current = what;
    },
    close: () => bar.stop(),
  };
}

function lines(): DataView {
  let next: number | null = null;
  return {
    progressed: ({ what, done, of }) => {
      const now = performance.now();
      next ??= now + FIRST_MS;
      if (now < next) return;
      next = now + EVERY_MS;
      printError(`${what}, ${done} of ${of}`);
    },
    close: () => {},
  };
}
