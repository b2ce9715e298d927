// Sweeps on a real Slurm: what happens to its workers, its nodes and its commands changes nothing in the results.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { logOf, reproducible, statuses } from "../sweep/results.js";
import { type Started, start } from "../sweep/run-cli.js";
import { type Cluster, hasSlurm, startCluster } from "./cluster.js";

const R_ABLATION = [resolve("configs/r-ablation.yaml"), "--set", "training.epochs=2", "--seeds", "1"];

interface SweepChanges {
  readonly launcher?: object;
  readonly network?: object;
  readonly images?: number;
  readonly epochs?: number;
  readonly variants?: readonly object[];
  readonly seeds?: readonly number[];
}

describe("a sweep on Slurm", function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let folder: string;

  before(function () {
    if (!hasSlurm()) return this.skip();
    folder = mkdtempSync(join(tmpdir(), "squeezebox-slurm-"));
    cluster = startCluster(folder);
    Object.assign(process.env, cluster.environment);
  });
  after(() => {
    cluster?.stop();
    for (const name of Object.keys(cluster?.environment ?? {})) delete process.env[name];
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** The states of the jobs of a sweep. */
  const jobsOf = (name: string) =>
    cluster
      .ask("squeue", "--noheader", "--array", "--format=%j %T")
      .split("\n")
      .filter((line) => line.startsWith(`squeezebox-${name}-`))
      .map((line) => line.trim().split(" ")[1] ?? "");
  const ok = async (started: Started) => {
    const ended = await started.ended;
    assert.equal(ended.code, 0, ended.output + ended.errors);
    return ended;
  };
  /** All runs have finished, nothing else is left behind, and nothing waits in the queue. */
  const assertClean = (results: string) => {
    assert.deepEqual(new Set(Object.values(statuses(results))), new Set(["finished"]));
    assert.ok(!existsSync(join(results, ".work")));
    const left = readdirSync(results, { recursive: true, encoding: "utf8" });
    assert.deepEqual(
      left.filter((name) => /\.part$|\.lock/.test(name)),
      [],
    );
  };

  describe("that trains r-ablation", () => {
    let expected: Record<string, unknown>;
    const sweepInto = (name: string, ...words: string[]) =>
      start(folder, "sweep", ...R_ABLATION, "--runs", name, ...words);
    const slurm = (name: string, jobs = "4") => sweepInto(name, "--launcher", "slurm", "--jobs", jobs);
    const untilRunning = async (name: string, started: Started) => {
      await started.until(/epoch/);
      assert.equal(started.child.exitCode, null, `${name} ended early`);
    };
    const assertSame = (name: string) => {
      const results = join(folder, name, "r-ablation");
      assertClean(results);
      assert.deepEqual(reproducible(results), expected);
    };

    before(async () => {
      await ok(sweepInto("local"));
      expected = reproducible(join(folder, "local", "r-ablation"));
    });

    it("has the results of a local sweep, with more workers than an array may have tasks", async () => {
      await ok(slurm("plain", "6"));
      assertSame("plain");
    });

    it("has them if a node loses its power and stays dead", async () => {
      const started = slurm("dead");
      await untilRunning("dead", started);
      cluster.killNode("n1");
      await ok(started);
      assertSame("dead");
      cluster.startNode("n1");
    });

    it("has them if a node loses its power and comes back", async () => {
      const started = slurm("back");
      await untilRunning("back", started);
      cluster.killNode("n2");
      cluster.startNode("n2");
      await ok(started);
      assertSame("back");
    });

    it("has them if a node is lost whose jobs go on, and are started a second time", async () => {
      const started = slurm("lost");
      await untilRunning("lost", started);
      cluster.loseNode("n1");
      await ok(started);
      assertSame("lost");
      cluster.startNode("n1");
    });
  });

  /** Runs of a few seconds, each of its own data, unless told otherwise. */
  const writeSweep = (name: string, { launcher = {}, network = {}, ...changes }: SweepChanges = {}) => {
    const { images = 3000, epochs = 6, variants = [{ name: "plain" }], seeds = [1, 2] } = changes;
    const experiment = {
      dataset: { name: "synthetic", size: 16, channels: 3, classes: 4, images, test: 30, validation: 30 },
      network: { stem: { filters: 16 }, stages: [{ block: "basic", filters: 16 }], ...network },
      training: { epochs, batchSize: 32, optimizer: { name: "sgd", learningRate: 0.05 } },
    };
    const sweep = { name, experiment, variants, seeds, launcher: { name: "slurm", workers: 2, ...launcher } };
    writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(sweep));
    return join(folder, name, name);
  };
  /** Each in a folder of its own, so that none finds the runs of another. */
  const sweep = (name: string, ...words: string[]) =>
    start(folder, "sweep", `${name}.yaml`, "--runs", name, ...words);
  const submissions = (results: string) =>
    (JSON.parse(readFileSync(join(results, ".work", "slurm", "jobs.json"), "utf8")) as object[]).length;

  describe("whose workers are interrupted", () => {
    it("goes on after preemption", async () => {
      const results = writeSweep("preempted", { launcher: { partition: "scavenge" }, epochs: 30 });
      const started = sweep("preempted");
      await started.until(/epoch/);
      cluster.ask(
        "sbatch",
        ...["--partition=main", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap=sleep 3"],
      );
      await ok(started);
      assertClean(results);
      assert.match(logOf(results, "plain/seed-1"), /starts on[\s\S]*continues after epoch/);
    });

    it("has one worker go back into the queue, and leaves the other of its array alone", async () => {
      const results = writeSweep("requeued", { epochs: 30 });
      const started = sweep("requeued");
      await started.until(/seed-1 {2}epoch[\s\S]*seed-2 {2}epoch|seed-2 {2}epoch[\s\S]*seed-1 {2}epoch/);
      const [{ id }] = JSON.parse(readFileSync(join(results, ".work/slurm/jobs.json"), "utf8"));
      // The number of the last job of an array is also that of the array.
      cluster.ask("scancel", "--batch", "--signal=USR2", `${id}_1`);
      await ok(started);
      assertClean(results);
      const continued = [1, 2].filter((seed) => /continues/.test(logOf(results, `plain/seed-${seed}`)));
      assert.equal(continued.length, 1);
    });

    it("goes on after time limits that are shorter than a run, unless no epoch fits into them", async function () {
      this.timeout(480_000);
      const launcher = { time: "1", workers: 1 };
      const results = writeSweep("limited", { launcher, seeds: [1], images: 60_000, epochs: 8 });
      const network = { stem: { filters: 128 }, stages: [{ block: "basic", filters: 128, repeat: 8 }] };
      writeSweep("too-slow", { launcher, network, seeds: [1], images: 20_000 });
      const slow = sweep("too-slow");
      await ok(sweep("limited"));
      assertClean(results);
      assert.match(logOf(results, "plain/seed-1"), /starts on[\s\S]*continues after epoch/);
      const { code, errors } = await slow.ended;
      assert.equal(code, 1);
      assert.match(errors, /failed: plain\/seed-1: one epoch takes longer than the time limit/);
    });
  });

  describe("whose command", () => {
    it("does not submit workers again while the controller is away", async () => {
      const results = writeSweep("away", { epochs: 30, seeds: [1, 2, 3, 4] });
      const started = sweep("away");
      await started.until(/epoch/);
      await cluster.pauseController(30_000);
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
      const { output: shown } = await start(folder, "status", "detached/detached").ended;
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
      const { output: shown } = await start(folder, "status", "stopped/stopped").ended;
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
});
