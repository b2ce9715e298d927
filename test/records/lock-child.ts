// A process that tries to lock a folder on request, sends the result, and runs until it is told to end. Its file operations have
// random delays, so that the steps of several processes interleave in many ways.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const SLOW = ["linkSync", "readFileSync", "renameSync", "rmSync", "writeFileSync"] as const;
const MOST_MS = 8;

const folder = process.argv[2] as string;
const pause = () =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.floor(Math.random() * MOST_MS));
for (const name of SLOW) {
  const original = fs[name] as (...words: unknown[]) => unknown;
  const slow = (...words: unknown[]) => {
    pause();
    return original(...words);
  };
  Object.assign(fs, { [name]: slow });
}
syncBuiltinESMExports();
const { isLock, lockFolder } = await import("../../src/records/lock.js");

process.on("message", (word) => {
  if (word === "end") process.exit(0);
  const result = lockFolder(folder);
  process.send?.(isLock(result) ? { held: true } : { held: false, holder: result.pid });
});
process.send?.("ready");
