import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "mocha";
import { inTemporaryFolder } from "../temporary-folder.js";

const LARGE = `name: large
dataset: { name: synthetic, size: 192, images: 64, validation: 4, test: 4 }
network: { stem: { filters: 64 }, stages: [{ block: basic, filters: 64 }] }
training: { epochs: 1, batchSize: 60 }
`;
/** Node alone reserves most of it. */
const KILOBYTES = 16_000_000;

describe("a batch that does not fit into memory", function () {
  this.timeout(300_000);

  it("fails the run, and the message says which would fit", function () {
    return inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "large.yaml"), LARGE);
      const words = ["train", "large.yaml", "--backend", "compiled", "--loaders", "0"];
      const command = [process.execPath, resolve("dist/src/cli.js"), ...words];
      const script = `ulimit -v ${KILOBYTES}; exec "$@"`;
      const { status, stderr, signal } = spawnSync("bash", ["-c", script, "bash", ...command], {
        cwd: folder,
        encoding: "utf8",
        timeout: 120_000,
        killSignal: "SIGKILL",
      });
      // Where so little is left, libraries may also fail to start a thread, and end the process, or wait for one that has not been started.
      if (signal !== null) this.skip();
      assert.equal(status, 1, stderr);
      const [, fitting, groups] =
        /^failed: the memory does not suffice for batches of 60 images; (\d+) fit: .*accumulate=(\d+) for/.exec(
          stderr,
        ) ?? [];
      assert.ok(Number(fitting) >= 3 && Number(fitting) <= 30, stderr);
      assert.equal(Number(groups), Math.ceil(60 / Number(fitting)));
      assert.match(
        readFileSync(join(folder, "runs", "large", "seed-1", "log.txt"), "utf8"),
        /failed: the memory/,
      );
    });
  });
});
