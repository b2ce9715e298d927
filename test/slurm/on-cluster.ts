// What the tests of sweeps on Slurm share: a cluster of their own, sweeps of a few seconds, and what must hold after each.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "mocha";
import { statuses } from "../sweep/results.js";
import { type Started, start } from "../sweep/run-cli.js";
import { type Cluster, hasSlurm, startCluster } from "./cluster.js";

interface SweepChanges {
  readonly launcher?: object;
  readonly network?: object;
  readonly images?: number;
  readonly epochs?: number;
  readonly variants?: readonly object[];
  readonly seeds?: readonly number[] | object;
}

/** Starts a cluster before the tests of a suite and stops it after them; without Slurm, they are skipped. */
export function onCluster() {
  let [started, path]: [Cluster | null, string] = [null, ""];
  const cluster = () => started as Cluster;
  const folder = () => path;
  before(function () {
    if (!hasSlurm()) return this.skip();
    path = mkdtempSync(join(tmpdir(), "squeezebox-slurm-"));
    started = startCluster(path);
    Object.assign(process.env, started.environment);
  });
  after(() => {
    started?.stop();
    for (const name of Object.keys(started?.environment ?? {})) delete process.env[name];
    if (path) rmSync(path, { recursive: true, force: true });
  });

  /** The states of the jobs of a sweep. */
  const jobsOf = (name: string) =>
    cluster()
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

  /** Runs of a few seconds, each of its own data, unless told otherwise. */
  const writeSweep = (name: string, { launcher = {}, network = {}, ...changes }: SweepChanges = {}) => {
    const { images = 3000, epochs = 6, variants = [{ name: "plain" }], seeds = [1, 2] } = changes;
    const experiment = {
      dataset: { name: "synthetic", size: 16, channels: 3, classes: 4, images, test: 30, validation: 30 },
      network: { stem: { filters: 16 }, stages: [{ block: "basic", filters: 16 }], ...network },
      training: { epochs, batchSize: 32, optimizer: { name: "sgd", learningRate: 0.05 } },
    };
    const sweep = { name, experiment, variants, seeds, launcher: { name: "slurm", workers: 2, ...launcher } };
    writeFileSync(join(folder(), `${name}.yaml`), JSON.stringify(sweep));
    return join(folder(), name, name);
  };
  /** Each in a folder of its own, so that none finds the runs of another. */
  const sweep = (name: string, ...words: string[]) =>
    start(folder(), "sweep", `${name}.yaml`, "--runs", name, ...words);
  const submissions = (results: string) =>
    (JSON.parse(readFileSync(join(results, ".work", "slurm", "jobs.json"), "utf8")) as object[]).length;

  return { cluster, folder, jobsOf, ok, assertClean, writeSweep, sweep, submissions };
}
