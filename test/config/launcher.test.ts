// Launchers as they are written, and what becomes of them.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { launcherFor, loadLauncher } from "../../src/config/launcher.js";
import type { SlurmSpec } from "../../src/config/sweep-spec.js";
import { DiagnosticError } from "../../src/diagnostic.js";
import { secondsIn, workerScript } from "../../src/sweep/launch/slurm-script.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const SLURM: SlurmSpec = { name: "slurm", workers: 8, cpus: 1, gpus: 0, setup: [], sbatch: [], resubmit: 10 };

const inFile = <Result>(text: string, use: (file: string) => Result) =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "cluster.yaml");
    writeFileSync(file, text);
    return use(file);
  });

describe("a launcher", () => {
  it("has defaults, and is the sweep's own unless another one is named", async () => {
    const own = { ...SLURM, workers: 3 };
    assert.deepEqual(launcherFor(undefined, own), own);
    assert.deepEqual(launcherFor("slurm", own), own);
    assert.deepEqual(launcherFor("local", own), { name: "local" });
    assert.deepEqual(launcherFor("slurm", { name: "local" }), SLURM);
    assert.deepEqual(await inFile("name: slurm\ncpus: 4", (file) => launcherFor(file, own)), {
      ...SLURM,
      cpus: 4,
    });
    assert.throws(() => launcherFor("slrum", own), /must be local, slurm or a file.*did you mean `slurm`/);
  });

  it("in a file is checked, and mistakes are explained by examples", async () => {
    for (const [text, message] of [
      ["name: slurm\npartitoin: gpu", "unknown key `partitoin` in this file; did you mean `partition`?"],
      ["name: slurm\nworkers: 0", "`workers` must be >= 1; found 0"],
      ["name: slurm\ntime: 4h", '`time` must be of a form such as "04:00:00" or "2-00:00:00"; found "4h"'],
      ["name: slurm\npartition: a;b", '`partition` must be of a form such as "gpu"; found "a;b"'],
      ["name: slurm\nsbatch: [x]", '`sbatch.0` must be of a form such as "--account=abc"; found "x"'],
      ["name: local\ngpus: 1", "unknown key `gpus` in this file"],
    ] as const)
      await inFile(text, (file) => {
        assert.throws(
          () => loadLauncher(file),
          (error: unknown) =>
            error instanceof DiagnosticError &&
            assert.equal(error.diagnostics[0]?.message.slice(0, message.length), message) === undefined,
        );
      });
  });
});

describe("the script of a worker", () => {
  const scriptOf = (spec: Partial<SlurmSpec>, folder = "/runs/a") =>
    workerScript({ ...SLURM, ...spec }, folder);

  it("asks Slurm for what the launcher says, and for no more", () => {
    const always = [
      ...["--output=/runs/a/.work/slurm/%A_%a.out", "--open-mode=append", "--requeue"],
      ...["--signal=B:USR2@120", "--cpus-per-task=1"],
    ];
    assert.deepEqual(scriptOf({}).options, always);
    const all = { partition: "gpu", time: "10", memory: "16G", gpus: 2, setup: ["module load node/20"] };
    const { options, text } = scriptOf({ ...all, scratch: "/scratch/$USER" });
    assert.deepEqual(options.slice(always.length), [
      "--partition=gpu",
      "--time=10",
      "--mem=16G",
      "--gres=gpu:2",
    ]);
    assert.match(
      text,
      /\nset -e\nmodule load node\/20\nexport SQUEEZEBOX_SCRATCH="\/scratch\/\$USER"\nexec 'node' /,
    );
    assert.match(text, / '--requeue' '10' '--time' '600'\n$/);
  });

  it("survives folders with spaces, quotes, # and percent signs, but Slurm no backslashes", () => {
    const { options, text } = scriptOf({}, "/a #b/100%/it's");
    assert.equal(options[0], "--output=/a #b/100%%/it's/.work/slurm/%A_%a.out");
    assert.match(text, / 'worker' '\/a #b\/100%\/it'\\''s' '--requeue' '10'\n$/);
    assert.throws(() => scriptOf({}, "/back\\slash"), /Slurm cannot write to a folder with a backslash/);
  });

  it("knows Slurm's forms of times", () => {
    const times = {
      "10": 600,
      "10:30": 630,
      "1:00:00": 3600,
      "2-3": 183_600,
      "2-3:30": 185_400,
      "1-0:0:5": 86_405,
    };
    for (const [time, seconds] of Object.entries(times)) assert.equal(secondsIn(time), seconds, time);
    assert.ok(scriptOf({ time: 1 }).options.includes("--signal=B:USR2@15"), "not most of a short time");
  });
});
