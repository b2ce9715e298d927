// Sweeps on a real Slurm: what people do with the commands that start, follow, change and stop them.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "mocha";
import { logOf, statuses } from "../sweep/results.js";
import { start } from "../sweep/run-cli.js";
import { onCluster } from "./on-cluster.js";

describe("a sweep on Slurm whose command", function () {
  this.timeout(180_000);
  const { cluster, folder, jobsOf, ok, assertClean, writeSweep, sweep, submissions } = onCluster();

  it("does not submit workers again while the controller is away", async () => {
    const results = writeSweep("away", { epochs: 30, seeds: [1, 2, 3, 4] });
    const started = sweep("away");
    await started.until(/epoch/);
    await cluster().pauseController(30_000);
    assert.equal(submissions(results), 1);
    assert.equal(started.child.exitCode, null, "the sweep ended before the controller was back");
    await ok(started);
    assertClean(results);
  });

  it("is interrupted is followed by the same command", async () => {
    const results = writeSweep("detached", { epochs: 20 });
    const first = sweep("detached");
    await first.until(/epoch/);
    first.child.kill("SIGINT");
    const { code, output } = await first.ended;
    assert.equal(code, 130);
    assert.match(output, /2 workers go on without this command; run the same command again to follow them/);
    assert.deepEqual(new Set(jobsOf("detached")), new Set(["RUNNING"]));
    const { output: shown } = await start(folder(), "status", "detached/detached").ended;
    assert.match(
      shown,
      /0 of 2 runs finished, 2 running\D+\d.* left\n2 workers run\noutput of workers: .*\n[\s\S]*plain\/seed-1 +job \d+_\d on n[12] /,
    );
    const { output: again } = await ok(sweep("detached"));
    assert.match(again, /plain\/seed-1 {2}is being trained/);
    assertClean(results);
    assert.doesNotMatch(logOf(results, "plain/seed-1"), /continues/);
  });

  it("is started by two people at once has one set of workers, and both see it to its end", async () => {
    const results = writeSweep("shared", { epochs: 20 });
    const both = [sweep("shared"), sweep("shared")] as const;
    await Promise.all(both.map((one) => one.until(/epoch/)));
    assert.equal(submissions(results), 1);
    for (const { output } of await Promise.all(both.map(ok))) assert.match(output, /2 of 2 runs finished/);
    assertClean(results);
  });

  it("has detached from a sweep until a decision need not come back: its workers know what is decided", async () => {
    const results = writeSweep("decide", {
      epochs: 3,
      images: 1000,
      variants: [{ name: "plain" }, { name: "slow", set: { "training.optimizer.learningRate": 1e-6 } }],
      seeds: { until: "decided", atMost: 12 },
    });
    await ok(sweep("decide", "--detach"));
    while (jobsOf("decide").length > 0) await sleep(200);
    const { output } = await start(folder(), "status", "decide/decide").ended;
    assert.match(output, /^1\d of 24 runs finished, \d+ unneeded\n/);
    const { output: compared } = await start(folder(), "compare", "decide/decide").ended;
    assert.match(compared, /slow raises test error by [^;]*confidence sequence/);
    const { output: again } = await ok(sweep("decide"));
    assert.match(again, /slow {2}different after \d seeds/);
    assert.doesNotMatch(again, /starts/);
    assert.ok(!existsSync(join(results, ".work")));
  });

  it("returns at once with --detach, and ends workers with --stop, which keeps finished epochs", async () => {
    const results = writeSweep("stopped", { epochs: 30 });
    const { output } = await ok(sweep("stopped", "--detach"));
    assert.match(output, /0 of 2 runs finished[\s\S]*2 workers go on without this command/);
    const epochs = () =>
      existsSync(join(results, "plain/seed-1/epochs.csv")) ? logOf(results, "plain/seed-1") : "";
    while (!/epoch 3:/.test(epochs())) await sleep(200);
    const follower = sweep("stopped");
    await follower.until(/is being trained/);
    // Without --launcher, it finds the jobs.
    await ok(sweep("stopped", "--stop", "--launcher", "local"));
    const followed = await follower.ended;
    assert.equal(followed.code, 130);
    assert.match(followed.output, /another command has stopped its workers/);
    while (jobsOf("stopped").length > 0) await sleep(200);
    const locks = readdirSync(results, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.lock/.test(name),
    );
    assert.deepEqual(locks, []);
    const { output: shown } = await start(folder(), "status", "stopped/stopped").ended;
    assert.match(shown, /0 of 2 runs finished, 2 pending/);
    await ok(sweep("stopped", "--launcher", "local"));
    assertClean(results);
    assert.match(logOf(results, "plain/seed-1"), /continues after epoch/);
  });

  it("is killed while it submits leaves nothing that waits forever", async () => {
    const results = writeSweep("killed", { seeds: [1] });
    for (const file of ["worker.sh", "jobs.json"]) {
      const started = sweep("killed");
      while (!existsSync(join(results, ".work", "slurm", file))) await sleep(1);
      await started.killGroup();
    }
    await ok(sweep("killed"));
    assertClean(results);
    while (jobsOf("killed").length > 0) await sleep(500);
  });

  it("asks for other seeds ends the command that followed the old ones, and keeps its own tables", async () => {
    const results = writeSweep("reseeded", { epochs: 25, launcher: { workers: 1 } });
    const old = sweep("reseeded");
    await old.until(/epoch/);
    await ok(sweep("reseeded", "--seeds", "1,3", "--detach"));
    const { code, output } = await old.ended;
    assert.equal(code, 130, output);
    assert.match(output, /another command has changed the sweep/);
    assert.doesNotMatch(output, /seed-2 {2}starts/);
    assert.deepEqual(Object.keys(statuses(results)), ["plain/seed-1", "plain/seed-3"]);
    await ok(sweep("reseeded", "--seeds", "1,3"));
    assertClean(results);
  });

  it("is started again retries runs that have failed, which no worker does by itself", async () => {
    const wild = { name: "wild", set: { "training.optimizer.learningRate": 1000 } };
    const results = writeSweep("wild", {
      variants: [{ name: "plain" }, wild],
      seeds: [1],
      launcher: { workers: 3 },
    });
    const attempts = () => logOf(results, "wild/seed-1").match(/failed: the .*loss became/g)?.length;
    for (const expected of [1, 2]) {
      const { code, errors } = await sweep("wild").ended;
      assert.equal(code, 1);
      assert.match(errors, /failed: wild\/seed-1: the .*loss became/);
      assert.equal(attempts(), expected);
      assert.deepEqual(statuses(results), { "plain/seed-1": "finished", "wild/seed-1": "failed" });
    }
  });

  it("asks for something else replaces jobs that still wait, and says what workers say that end at once", async () => {
    const results = writeSweep("changed", {
      launcher: { sbatch: ["--begin=now+1hour", "--job-name=mine"] },
    });
    await ok(sweep("changed", "--detach"));
    assert.deepEqual(jobsOf("changed"), ["PENDING", "PENDING"]);
    writeSweep("changed", { launcher: { setup: ["echo no such module >&2", "false"], resubmit: 1 } });
    const { code, errors } = await sweep("changed").ended;
    assert.equal(code, 2);
    assert.match(errors, /workers ended 2 times .*one of them said: no such module \(.*\.out\)/);
    writeSweep("changed");
    await ok(sweep("changed"));
    assertClean(results);
  });

  it("says what sbatch says, and where the script is", async () => {
    writeSweep("refused", { launcher: { partition: "nowhere" } });
    const { code, errors } = await sweep("refused").ended;
    assert.equal(code, 2);
    assert.match(
      errors,
      /sbatch did not accept the workers: .*invalid partition[\s\S]*their script is .*worker\.sh/,
    );
  });
});
