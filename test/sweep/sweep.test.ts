import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { readCsv } from "../../src/records/csv.js";
import { isLock, lockFolder } from "../../src/records/lock.js";
import { EPOCH_COLUMNS } from "../../src/records/tables.js";
import { indexFinishedRuns } from "../../src/sweep/finished-runs.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { changeTimes, filesIn, logOf, planOf, reproducible, statuses } from "./results.js";
import { type SweepText, shellWords, start, writeSweepFile } from "./run-cli.js";

const TINY: SweepText = {
  name: "tiny",
  variants: [
    { name: "plain" },
    { name: "se-r${r}", grid: { r: [2, 4] }, set: { "network.se": { r: "${r}" } } },
  ],
  seeds: [1, 2],
  epochs: 2,
};
const RUNS = ["plain", "se-r2", "se-r4"].flatMap((variant) => [`${variant}/seed-1`, `${variant}/seed-2`]);

async function sweep(folder: string, text: SweepText, expected = 0) {
  writeSweepFile(folder, text);
  const ended = await start(folder, "sweep", `${text.name}.yaml`, "--jobs", "2").ended;
  assert.equal(ended.code, expected, ended.output + ended.errors);
  return { ...ended, results: join(folder, "runs", text.name) };
}

/** There is no lock left, and no process of this sweep that trains. */
function assertNothingRuns(results: string): void {
  assert.equal(existsSync(join(results, ".lock")), false);
  const { stdout } = spawnSync("pgrep", ["-f", "src/sweep/work/trainer-process.js"], { encoding: "utf8" });
  const ours = stdout
    .split("\n")
    .filter(
      (pid) => pid !== "" && realpathOf(`/proc/${pid}/cwd`).startsWith(realpathOf(join(results, "..", ".."))),
    );
  assert.deepEqual(ours, []);
}

/** Empty if the path does not exist (any more). */
function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return "";
  }
}

/** A process may be writing the file at the same time. */
function replaceByFolder(file: string): void {
  for (let isFolder = false; !isFolder; isFolder = statSync(file).isDirectory()) {
    rmSync(file, { force: true });
    try {
      mkdirSync(file);
    } catch {}
  }
}

const allFinished = (runs: readonly string[]) => Object.fromEntries(runs.map((run) => [run, "finished"]));

describe("squeezebox sweep", function () {
  this.timeout(180_000);

  it("writes the files that runs/README.md lists, and repeats nothing the second time", () =>
    inTemporaryFolder(async (folder) => {
      const { results } = await sweep(folder, TINY);
      const checkpoints = ["best", "last", "previous"].map((name) => `checkpoint/${name}.safetensors`);
      const ofRun = [...checkpoints, "config.yaml", "confusion.csv"];
      const more = [
        "dataset.json",
        "environment.json",
        "epochs.csv",
        "log.txt",
        "predictions.npy",
        "result.csv",
      ];
      const expected = RUNS.flatMap((run) => [...ofRun, ...more].map((name) => `${run}/${name}`));
      assert.deepEqual(filesIn(results), [...expected, "plan.csv", "summary.csv", "sweep.yaml"].sort());
      assert.deepEqual(statuses(results), allFinished(RUNS));
      assert.equal(
        readFileSync(join(results, "sweep.yaml"), "utf8"),
        readFileSync(join(folder, "tiny.yaml"), "utf8"),
      );

      const before = { times: changeTimes(results), content: reproducible(results) };
      const { output } = await sweep(folder, TINY);
      assert.match(output, /6 already finished/);
      assert.deepEqual({ times: changeTimes(results), content: reproducible(results) }, before);
    }));

  it("adds seeds from the command line to the finished ones", () =>
    inTemporaryFolder(async (folder) => {
      const text = {
        ...TINY,
        variants: [{ name: "plain" }, { name: "se", set: { "network.se": { r: 2 } } }],
      };
      const { results } = await sweep(folder, text);
      for (const seeds of ["3", "4-5"]) {
        const { code, errors } = await start(folder, "sweep", "tiny.yaml", "--seeds", seeds).ended;
        assert.equal(code, 0, errors);
      }
      const runs = [1, 2, 3, 4, 5].flatMap((seed) => [`plain/seed-${seed}`, `se/seed-${seed}`]);
      assert.deepEqual(statuses(results), allFinished(runs));
      const again = await start(folder, "sweep", "tiny.yaml", "--seeds", "1").ended;
      assert.match(again.output, /8 finished runs of other seeds stay/);
      assert.match(again.output, /plain .*5\/5/);
      // Runs of another configuration do not count.
      const other = await start(folder, "sweep", "tiny.yaml", "--seeds", "1", "--set", "training.epochs=1")
        .ended;
      assert.equal(other.code, 0, other.errors);
      assert.deepEqual(statuses(results), allFinished(["plain/seed-1", "se/seed-1"]));
    }));

  it("skips folders that it may not read, and reports them", () =>
    inTemporaryFolder(async (folder) => {
      const { results } = await sweep(folder, { ...TINY, variants: [{ name: "plain" }], seeds: [1] });
      const locked = join(folder, "runs", "lost+found");
      mkdirSync(locked);
      chmodSync(locked, 0);
      chmodSync(folder, 0o755);
      // Root can read every folder.
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) process.seteuid?.(65534);
      try {
        const { folders, skipped } = indexFinishedRuns(join(folder, "runs"));
        assert.deepEqual([...folders.values()], [join(results, "plain", "seed-1")]);
        assert.match(skipped.join("\n"), /^skipped, because it cannot be read: .*lost\+found \(EACCES/);
      } finally {
        if (isRoot) process.seteuid?.(0);
      }
    }));

  it("tries any included configuration with --quick, in a separate folder", () =>
    inTemporaryFolder(async (folder) => {
      const configs = resolve("configs");
      for (const [words, expected] of [
        [["sweep", join(configs, "r-ablation.yaml")], "r-ablation-quick/plain/seed-1"],
        [["train", join(configs, "zoo", "cifar-resnet-20-b.yaml")], "cifar-resnet-20-b-quick/seed-1"],
      ] as const) {
        const { code, errors } = await start(folder, ...words, "--quick").ended;
        assert.equal(code, 0, errors);
        assert.ok(existsSync(join(folder, "runs", expected, "result.csv")), expected);
      }
    }));

  it("writes event files on request, for runs that it trains and for finished ones", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, seeds: [1] };
      const events = (results: string) =>
        filesIn(results).filter((name) => /\/seed-1\/events\.out\.tfevents\.\d+\.squeezebox$/.test(name))
          .length;
      const { results } = await sweep(folder, text);
      assert.equal(events(results), 0);
      writeSweepFile(folder, { ...text, seeds: [1, 2] });
      const { code } = await start(folder, "sweep", "tiny.yaml", "--tensorboard").ended;
      assert.deepEqual([code, events(results)], [0, 3]);
      const [file] = filesIn(results).filter((name) => /seed-2\/events/.test(name));
      // A version and two epochs; each record has a length, a checksum, data and another checksum.
      const bytes = readFileSync(join(results, file as string));
      let records = 0;
      for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) records++;
      assert.equal(records, 3);
    }));

  it("computes the same numbers, bit for bit, in another folder and with one run at a time or several", () =>
    inTemporaryFolder(async (folder) => {
      const { results } = await sweep(folder, TINY);
      await inTemporaryFolder(async (other) => {
        writeSweepFile(other, TINY);
        const { code } = await start(other, "sweep", "tiny.yaml", "--jobs", "1", "--runs", "elsewhere").ended;
        assert.equal(code, 0);
        assert.deepEqual(reproducible(join(other, "elsewhere", "tiny")), reproducible(results));
      });
    }));

  it("is rejected while another sweep works in the same folder", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, { ...TINY, epochs: 2000 });
      const first = start(folder, "sweep", "tiny.yaml");
      await first.until(/starts/);
      const second = await start(folder, "sweep", "tiny.yaml").ended;
      await first.killGroup();
      assert.equal(second.code, 2);
      assert.match(
        second.errors,
        new RegExp(`another sweep is running: .* is in use by process ${first.child.pid}`),
      );
    }));

  it("waits for a run that another machine trains, continues it if that machine is silent, and cleans up after killed processes", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1] };
      const results = join(folder, "runs", "tiny");
      const run = join(results, "plain", "seed-1");
      mkdirSync(join(run, "checkpoint"), { recursive: true });
      mkdirSync(join(results, "plain", ".seed-2.part"));
      for (const name of [
        "plan.csv.node7-12.part",
        "plain/seed-1/result.csv.node7-12.part",
        "plain/seed-1/checkpoint/last.safetensors.part",
      ])
        writeFileSync(join(results, name), "x");
      const dead = { pid: 2 ** 22 + 1, host: hostname(), started: "", id: "dead" };
      for (const place of [results, run]) writeFileSync(join(place, ".lock.dead"), JSON.stringify(dead));
      writeFileSync(join(run, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere", started: "", id: "x" }));
      const silentSince = Date.now() / 1000 - 52;
      utimesSync(join(run, ".lock"), silentSince, silentSince);
      const { output } = await sweep(folder, text);
      assert.match(
        output,
        /waits? \(plain\/seed-1 is trained by process 1 on elsewhere\)\n(.*\n)*plain\/seed-1 {2}starts/,
      );
      const left = readdirSync(results, { recursive: true, encoding: "utf8" });
      assert.deepEqual(
        left.filter((name) => /\.part$|\.lock/.test(name)),
        [],
      );
    }));

  it("names what is in the way of the files of a run", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1] };
      const run = join(folder, "runs", "tiny", "plain", "seed-1");
      for (const [name, make] of [
        ["config.yaml", (file: string) => mkdirSync(file)],
        ["checkpoint/last.safetensors", (file: string) => mkdirSync(file)],
        ["log.txt", (file: string) => spawnSync("mkfifo", [file])],
        ["epochs.csv", (file: string) => symlinkSync("/nonexistent/x", file)],
      ] as const) {
        mkdirSync(join(run, "checkpoint"), { recursive: true });
        make(join(run, name));
        const { errors } = await sweep(folder, text, 1);
        assert.match(errors, new RegExp(`failed: plain/seed-1: .*${name} is not a regular file; remove it`));
        rmSync(run, { recursive: true });
      }
      await sweep(folder, text);
    }));

  it("records a run that diverges, finishes the others, and only retries that one", () =>
    inTemporaryFolder(async (folder) => {
      const wild = { name: "wild", set: { "training.optimizer": { name: "sgd", learningRate: 1000 } } };
      const text = { ...TINY, variants: [{ name: "plain" }, wild], epochs: 5 };
      const expected = { "plain/seed-1": "finished", "wild/seed-1": "failed" };
      const { results, errors } = await sweep(folder, { ...text, seeds: [1] }, 1);
      assert.deepEqual(statuses(results), expected);
      assert.match(errors, /failed: wild\/seed-1: the (validation )?loss became/);
      const [, failed] = planOf(results);
      assert.match(failed?.reason ?? "", /the (validation )?loss became/);
      const before = changeTimes(join(results, "plain"));
      const attempts = () => logOf(results, "wild/seed-1").split("failed:").length - 1;
      assert.equal(attempts(), 1);
      const again = await sweep(folder, { ...text, seeds: [1] }, 1);
      assert.match(again.output, /1 already finished/);
      assert.equal(attempts(), 2);
      assert.deepEqual(changeTimes(join(results, "plain")), before);
      assert.deepEqual(statuses(results), expected);
    }));

  it("records a run whose process was killed, and finishes the others", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, { ...TINY, variants: [{ name: "plain" }], epochs: 60 });
      const running = start(folder, "sweep", "tiny.yaml", "--jobs", "1");
      await running.until(/plain\/seed-1 {2}epoch/);
      const results = join(folder, "runs", "tiny");
      spawnSync("pkill", ["-KILL", "-P", String(running.child.pid)]);
      const { code, errors } = await running.ended;
      assert.equal(code, 1);
      assert.match(errors, /failed: plain\/seed-1: the process was killed \(SIGKILL\)/);
      assert.deepEqual(statuses(results), { "plain/seed-1": "failed", "plain/seed-2": "finished" });
    }));

  it("copies runs that another sweep has trained", () =>
    inTemporaryFolder(async (folder) => {
      const { results } = await sweep(folder, { ...TINY, seeds: [1] });
      const other = { ...TINY, name: "other", variants: [{ name: "base" }, ...TINY.variants], seeds: [1] };
      const again = await sweep(folder, other);
      assert.match(again.output, /4 already finished/);
      assert.doesNotMatch(again.output, /starts/);
      assert.match(planOf(again.results)[0]?.reason ?? "", /same as tiny\/plain\/seed-1/);
      for (const name of ["epochs.csv", "result.csv", "checkpoint/last.safetensors"])
        assert.deepEqual(
          readFileSync(join(again.results, "base", "seed-1", name)),
          readFileSync(join(results, "plain", "seed-1", name)),
        );
      assert.match(logOf(again.results, "base/seed-1"), /copied/);
    }));

  it("continues a shorter run of the same kind, and ends like a run that was that long from the start", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1] };
      const { results } = await sweep(folder, text);
      await sweep(folder, { ...text, epochs: 4 });
      const log = logOf(results, "plain/seed-1");
      assert.match(log, /continues after the first 2 epochs of .*\.replaced/);
      assert.match(log, /continues after epoch 2/);
      await inTemporaryFolder(async (other) => {
        const fresh = await sweep(other, { ...text, epochs: 4 });
        const without = (folder: string) =>
          Object.fromEntries(
            Object.entries(reproducible(folder)).filter(([name]) => name.startsWith("plain/")),
          );
        assert.deepEqual(without(results), without(fresh.results));
      });
      // A cosine schedule depends on the number of epochs.
      const cosine = (epochs: number) => ({
        ...text,
        name: "cosine",
        epochs,
        training: { schedule: { name: "cosine" } },
      });
      await sweep(folder, cosine(2));
      const long = await sweep(folder, cosine(4));
      assert.doesNotMatch(logOf(long.results, "plain/seed-1"), /takes over|continues/);
    }));

  it("merges a last batch of one image, and says so", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1], training: { batchSize: 33 } };
      const { results } = await sweep(folder, text);
      assert.match(logOf(results, "plain/seed-1"), /single image left over .* joins the batch before it/);
    }));

  it("leaves out an incomplete last batch, and says so", () =>
    inTemporaryFolder(async (folder) => {
      const training = { batchSize: 30, dropLast: true };
      const { results } = await sweep(folder, {
        ...TINY,
        variants: [{ name: "plain" }],
        seeds: [1],
        training,
      });
      assert.match(logOf(results, "plain/seed-1"), /each epoch leaves out 10 of 100 images/);
      const epochs = readCsv(join(results, "plain", "seed-1", "epochs.csv"), EPOCH_COLUMNS);
      assert.deepEqual(
        epochs?.rows.map(({ step }) => step),
        [3, 6],
      );
    }));

  it("trains variants that are equal only once", () =>
    inTemporaryFolder(async (folder) => {
      const twins = { ...TINY, variants: [{ name: "one" }, { name: "two" }], seeds: [1] };
      const { results, output } = await sweep(folder, twins);
      assert.equal(output.match(/starts/g)?.length, 1);
      assert.deepEqual(statuses(results), allFinished(["one/seed-1", "two/seed-1"]));
    }));

  it("sets runs of another configuration aside, and uses them again when that configuration comes back", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, seeds: [1] };
      const { results } = await sweep(folder, text);
      const before = reproducible(results);
      await sweep(folder, { ...text, epochs: 3 });
      const long = Object.keys(reproducible(results)).filter((name) => name.startsWith(".replaced/"));
      assert.equal(long.filter((name) => name.endsWith("result.csv")).length, 3);
      const { output } = await sweep(folder, text);
      assert.doesNotMatch(output, /starts/);
      const after = Object.entries(reproducible(results)).filter(([name]) => !name.startsWith(".replaced/"));
      const without = ([name]: [string, unknown]) => name !== "plan.csv";
      assert.deepEqual(after.filter(without), Object.entries(before).filter(without));
      assert.doesNotMatch((await sweep(folder, { ...text, epochs: 3 })).output, /starts/);
    }));

  it("changes nothing if a run that would be set aside is being trained", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }] };
      const { results } = await sweep(folder, text);
      const before = reproducible(results);
      const lock = lockFolder(join(results, "plain", "seed-2"));
      assert.ok(isLock(lock));
      const { errors } = await sweep(folder, { ...text, epochs: 3 }, 2);
      assert.match(errors, /plain\/seed-2 is being trained as it was before the change, by process \d+ on /);
      lock.release();
      assert.deepEqual(reproducible(results), before);
    }));

  it("does not treat a run with a damaged result as finished", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1] };
      const { results } = await sweep(folder, text);
      const file = join(results, "plain", "seed-1", "result.csv");
      const before = reproducible(results);
      const whole = readFileSync(file, "utf8");
      const [head, row] = whole.split("\n") as [string, string];
      const damaged = [
        "",
        "rubbish",
        head,
        `${head}\n${row.slice(0, 40)}`,
        `${head}\n"${row}`,
        "\0".repeat(300),
        // A changed number, and a renamed column.
        whole.replace(/(?<=,)\d(?=\.\d)/, "7"),
        whole.replace("test_error,", "test_errors,"),
      ];
      for (const content of damaged) {
        writeFileSync(file, content);
        const { output } = await sweep(folder, text);
        assert.match(output, /plain\/seed-1 {2}continues after epoch 2/, JSON.stringify(content));
        assert.deepEqual(reproducible(results), before);
      }
    }));

  it("stops its processes if a table cannot be written, and continues when it can be", () =>
    inTemporaryFolder(async (folder) => {
      const long = { ...TINY, variants: [{ name: "plain" }], epochs: 100, seeds: [1, 2, 3] };
      writeSweepFile(folder, long);
      const results = join(folder, "runs", "tiny");
      const running = start(folder, "sweep", "tiny.yaml", "--jobs", "2");
      await running.until(/seed-. {2}finished/);
      replaceByFolder(join(results, "plan.csv"));
      const { code, errors } = await running.ended;
      assert.equal(code, 2, errors);
      assert.match(errors, /plan\.csv/);
      assert.doesNotMatch(errors, /\n\s+at /);
      assertNothingRuns(results);
      const kept = Object.keys(reproducible(results)).filter((name) => name.endsWith("result.csv"));
      assert.ok(kept.length > 0);
      rmSync(join(results, "plan.csv"), { recursive: true });
      const again = await sweep(folder, long);
      assert.match(again.output, new RegExp(`${kept.length} already finished`));
    }));

  for (const [what, redirection] of [
    ["is on a full disk", "> /dev/full"],
    ["is closed by its reader", "| head -2"],
  ] as const)
    it(`stops its processes if its output ${what}`, function () {
      if (!existsSync("/dev/full")) this.skip();
      return inTemporaryFolder((folder) => {
        writeSweepFile(folder, { ...TINY, epochs: 2000 });
        const line = `set -o pipefail; ${shellWords("sweep", "tiny.yaml", "--jobs", "2")} ${redirection}`;
        const { status, stderr } = spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" });
        assert.equal(status, 2, stderr);
        assert.match(stderr, /the output cannot be written \(.*(ENOSPC|EPIPE)/);
        assert.doesNotMatch(stderr, /\n\s+at /);
        assertNothingRuns(join(folder, "runs", "tiny"));
      });
    });

  it("does not treat an incomplete copy as a finished run", () =>
    inTemporaryFolder(async (folder) => {
      const text = { ...TINY, variants: [{ name: "plain" }], seeds: [1] };
      await sweep(folder, { ...text, name: "source" });
      const { results } = await sweep(folder, { ...text, name: "copy" });
      const before = reproducible(results);
      const run = join(results, "plain", "seed-1");
      renameSync(run, join(results, "plain", ".seed-1.part"));
      rmSync(join(results, "plain", ".seed-1.part", "checkpoint"), { recursive: true });
      await sweep(folder, { ...text, name: "copy" });
      assert.deepEqual(reproducible(results), before);
    }));

  it("copies runs even if the name of a folder looks like a lock", () =>
    inTemporaryFolder(async (folder) => {
      const inner = join(folder, "a.lock.folder");
      mkdirSync(inner);
      const twins = { ...TINY, variants: [{ name: "one" }, { name: "two" }], seeds: [1] };
      const { results } = await sweep(inner, twins);
      assert.deepEqual(filesIn(join(results, "one", "seed-1")), filesIn(join(results, "two", "seed-1")));
    }));
});
