// Runs the program as users do, and reads what it prints as JSON.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const CLI = resolve("dist/src/cli.js");

/** Runs a command with `--json` in a folder, which must succeed. */
export function squeezeboxIn(folder: string) {
  return (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words, "--json"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
}
