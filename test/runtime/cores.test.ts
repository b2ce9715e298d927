import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "mocha";
import { availableCores } from "../../src/runtime/cores.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const ALL = availableParallelism();

describe("the number of cores", () => {
  const withFiles = (files: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) =>
    inTemporaryFolder((root) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), text);
      }
      return availableCores(env, root);
    });

  it("is that of the machine if nothing limits it", async () => {
    assert.equal(await withFiles({}), ALL);
    assert.equal(
      await withFiles({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n" }),
      ALL,
    );
    assert.equal(await withFiles({ "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n" }), ALL);
    assert.equal(await withFiles({}, { SLURM_CPUS_PER_TASK: String(ALL + 5) }), ALL);
  });

  it("is the share of a task of Slurm", async () => {
    assert.equal(await withFiles({}, { SLURM_CPUS_PER_TASK: "1" }), 1);
  });

  it("is limited by the control group of the process, those around it, and those of version 1", async () => {
    const groups = { "proc/self/cgroup": "0::/job/step\n", "sys/fs/cgroup/job/step/cpu.max": "max 100000" };
    assert.equal(await withFiles({ ...groups, "sys/fs/cgroup/job/cpu.max": "150000 100000\n" }), 1);
    assert.equal(await withFiles({ "sys/fs/cgroup/cpu.max": "50000 100000\n" }), 1);
    const older = {
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    };
    assert.equal(await withFiles(older), 1);
  });
});
