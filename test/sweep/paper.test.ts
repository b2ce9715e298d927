import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "mocha";
import { readCsv } from "../../src/records/csv.js";
import { SUMMARY_COLUMNS } from "../../src/records/tables.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CLI = resolve("dist/src/cli.js");
const PAPER = resolve("configs/paper");

/** Small enough for a test; everything else is unchanged. */
const SMALL = [
  ["dataset", "{ name: synthetic, size: 12, channels: 1, images: 32, test: 16, validation: 16 }"],
  ["training", "{ epochs: 1, batchSize: 16 }"],
].flatMap(([path, value]) => ["--set", `${path}=${value}`]);

describe("the sweeps of the paper's ablations", function () {
  this.timeout(120_000);

  for (const file of readdirSync(PAPER))
    it(`${file} runs to the end on synthetic data`, () =>
      inTemporaryFolder(async (folder) => {
        const one = join(PAPER, file);
        const plan = spawnSync(process.execPath, [CLI, "plan", one, "--json", ...SMALL], {
          cwd: folder,
          encoding: "utf8",
        });
        assert.equal(plan.status, 0, plan.stderr);
        const seeds = new Set(
          (JSON.parse(plan.stdout) as { runs: { seed: number }[] }).runs.map(({ seed }) => seed),
        );
        // As many as the comparisons need.
        assert.deepEqual([...seeds], [1, 2, 3, 4, 5, 6, 7, 8]);
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          [CLI, "sweep", one, ...SMALL, "--seeds", "1"],
          { cwd: folder, encoding: "utf8" },
        );
        assert.equal(status, 0, stdout + stderr);
        const name = `paper-${file.replace(".yaml", "")}`;
        const rows = readCsv(join(folder, "runs", name, "summary.csv"), SUMMARY_COLUMNS)?.rows ?? [];
        assert.equal(rows.length, (JSON.parse(plan.stdout) as { runs: unknown[] }).runs.length / 8);
      }));
});
