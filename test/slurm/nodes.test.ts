// Sweeps on a real Slurm: what happens to its nodes and workers changes nothing in the results.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { before, describe, it } from "mocha";
import { logOf, reproducible } from "../sweep/results.js";
import { type Started, start } from "../sweep/run-cli.js";
import { onCluster } from "./on-cluster.js";

const R_ABLATION = [resolve("configs/r-ablation.yaml"), "--set", "training.epochs=2", "--seeds", "1"];

describe("a sweep on Slurm", function () {
  this.timeout(180_000);
  const { cluster, folder, ok, assertClean, writeSweep, sweep } = onCluster();

  describe("that trains r-ablation", () => {
    let expected: Record<string, unknown>;
    const sweepInto = (name: string, ...words: string[]) =>
      start(folder(), "sweep", ...R_ABLATION, "--runs", name, ...words);
    const slurm = (name: string, jobs = "4") => sweepInto(name, "--launcher", "slurm", "--jobs", jobs);
    const untilRunning = async (name: string, started: Started) => {
      await started.until(/epoch/);
      assert.equal(started.child.exitCode, null, `${name} ended early`);
    };
    const assertSame = (name: string) => {
      const results = join(folder(), name, "r-ablation");
      assertClean(results);
      assert.deepEqual(reproducible(results), expected);
    };

    before(async () => {
      await ok(sweepInto("local"));
      expected = reproducible(join(folder(), "local", "r-ablation"));
    });

    it("has the results of a local sweep, with more workers than an array may have tasks", async () => {
      await ok(slurm("plain", "6"));
      assertSame("plain");
    });

    it("has them if a node loses its power and stays dead", async () => {
      const started = slurm("dead");
      await untilRunning("dead", started);
      cluster().killNode("n1");
      await ok(started);
      assertSame("dead");
      cluster().startNode("n1");
    });

    it("has them if a node loses its power and comes back", async () => {
      const started = slurm("back");
      await untilRunning("back", started);
      cluster().killNode("n2");
      cluster().startNode("n2");
      await ok(started);
      assertSame("back");
    });

    it("has them if a node is lost whose jobs go on, and are started a second time", async () => {
      const started = slurm("lost");
      await untilRunning("lost", started);
      cluster().loseNode("n1");
      await ok(started);
      assertSame("lost");
      cluster().startNode("n1");
    });
  });

  describe("whose workers are interrupted", () => {
    it("goes on after preemption", async () => {
      const results = writeSweep("preempted", { launcher: { partition: "scavenge" }, epochs: 30 });
      const started = sweep("preempted");
      await started.until(/epoch/);
      cluster().ask(
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
      cluster().ask("scancel", "--batch", "--signal=USR2", `${id}_1`);
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
});
