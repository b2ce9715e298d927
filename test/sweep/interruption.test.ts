import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inTemporaryFolder } from "../temporary-folder.js";
import { filesIn, logOf, reproducible, statuses } from "./results.js";
import { type SweepText, start, writeSweepFile } from "./run-cli.js";

const SWEEP: SweepText = {
  name: "cut",
  variants: [
    { name: "plain" },
    {
      name: "se",
      set: {
        "network.se": { r: 2 },
        "dataset.transforms.train": [{ randomCrop: { padding: 1 } }, { flip: {} }],
      },
    },
  ],
  seeds: [1, 2],
  epochs: 16,
  training: {
    optimizer: { name: "adam", learningRate: 0.01 },
    schedule: { name: "cosine", warmup: 1 },
    ...{ batchSize: 16, accumulate: 2, clipNorm: 1, ema: 0.9, mixup: { alpha: 0.2 }, cutmix: {} },
    stop: { patience: 6 },
  },
};

const COMMAND = ["sweep", "cut.yaml", "--jobs", "2"];

describe("an interrupted sweep", function () {
  this.timeout(180_000);
  let expected: Record<string, unknown>;

  const untilItEnds = async (folder: string) => {
    const ended = await start(folder, ...COMMAND).ended;
    assert.equal(ended.code, 0, ended.output + ended.errors);
    return reproducible(join(folder, "runs", "cut"));
  };

  before(() =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      expected = await untilItEnds(folder);
    }),
  );

  /** Kills the sweep once at each moment, then lets it end; the results are as if it had never been killed. */
  const checkKilledAt = (moments: readonly (number | RegExp)[]) =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      for (const moment of moments) {
        const running = start(folder, ...COMMAND);
        await (typeof moment === "number" ? sleep(moment) : running.until(moment));
        await running.killGroup();
      }
      assert.deepEqual(await untilItEnds(folder), expected);
    });

  it("continues after kill -9 of all its processes at any moment", async () => {
    await checkKilledAt([400, 900, 1150]);
    await checkKilledAt([/starts/, /epoch [1-3]\//, /finished/, /seed-2 {2}epoch/]);
  });

  it("continues a run after its last checkpoint, and starts it again if the rows of epochs.csv are lost or damaged", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const results = join(folder, "runs", "cut");
      const cut = async () => {
        const running = start(folder, ...COMMAND);
        await running.until(/plain\/seed-1 {2}epoch ([2-9]|1.)\//);
        await running.killGroup();
      };
      await cut();
      const rows = join(results, "plain", "seed-1", "epochs.csv");
      rmSync(rows, { force: true });
      await cut();
      truncateSync(rows, 200);
      await cut();
      assert.deepEqual(await untilItEnds(folder), expected);
      const begun = logOf(results, "plain/seed-1").match(/starts on|continues after epoch/g) ?? [];
      assert.deepEqual(begun.slice(0, 4), ["starts on", "starts on", "starts on", "continues after epoch"]);
    }));

  it("continues after the previous checkpoint if the last is damaged, and starts again if both are", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const run = join(folder, "runs", "cut", "plain", "seed-1");
      const [last, previous, best] = ["last", "previous", "best"].map((name) =>
        join(run, "checkpoint", `${name}.safetensors`),
      ) as [string, string, string];
      const cut = async () => {
        const running = start(folder, ...COMMAND);
        // The best epoch after the second is the first, whose weights are replaced after the third. From then on, the best epoch after the
        // previous one is that itself, or the best after the last as well.
        await running.until(/plain\/seed-1 {2}epoch ([5-9]|1.)\//);
        await running.killGroup();
      };
      // A killed process may have left both checkpoints as one file with two names, of which only one is damaged.
      const damage = (file: string, damaged: (bytes: Buffer) => Buffer) => {
        const bytes = damaged(readFileSync(file));
        rmSync(file);
        writeFileSync(file, bytes);
      };
      const flipBit = (file: string) =>
        damage(file, (bytes) => {
          bytes[bytes.length - 1000] = (bytes.at(-1000) as number) ^ 4;
          return bytes;
        });
      await cut();
      damage(last, (bytes) => bytes.subarray(0, 500));
      await cut();
      flipBit(last);
      damage(previous, (bytes) => bytes.subarray(0, 9));
      await cut();
      for (const file of [last, previous, best]) flipBit(file);
      assert.deepEqual(await untilItEnds(folder), expected);
      const log = logOf(join(folder, "runs", "cut"), "plain/seed-1");
      const begun = log.match(/starts on|continues after epoch/g) ?? [];
      assert.deepEqual(begun, ["starts on", "continues after epoch", "starts on", "starts on"]);
      assert.equal(log.match(/not used: .*(last|previous)\.safetensors is damaged/g)?.length, 5, log);
    }));

  it("does not continue from rows that do not belong to the checkpoint", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const running = start(folder, ...COMMAND);
      await running.until(/plain\/seed-1 {2}epoch ([3-9]|1.)\//);
      await running.killGroup();
      const results = join(folder, "runs", "cut");
      const file = join(results, "plain", "seed-1", "epochs.csv");
      const rows = readFileSync(file, "utf8");
      const changed = rows.replace(/(?<=\n1,\d+,[^,]+,)\d/, "9");
      assert.notEqual(changed, rows);
      writeFileSync(file, changed);
      assert.deepEqual(await untilItEnds(folder), expected);
      assert.match(
        logOf(results, "plain/seed-1"),
        /(last|previous)\.safetensors does not match .*epochs\.csv/,
      );
    }));

  it("stops within a step of its scheduler being killed", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const running = start(folder, ...COMMAND);
      await running.until(/epoch 1\//);
      running.child.kill("SIGKILL");
      await running.ended;
      assert.deepEqual(await untilItEnds(folder), expected);
    }));

  /** An interrupted sweep exits with 130, says how to continue, and does continue. */
  const checkStopped = (send: (pid: number) => void) =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const running = start(folder, ...COMMAND);
      await running.until(/epoch 1\//);
      send(running.child.pid as number);
      const { code, output } = await running.ended;
      assert.equal(code, 130, output);
      assert.match(output, /run the same command again to continue/);
      const results = join(folder, "runs", "cut");
      assert.ok(Object.values(statuses(results)).every((status) => /^(pending|finished)$/.test(status)));
      assert.deepEqual(
        filesIn(results).filter((name) => name === ".lock" || name.endsWith(".part")),
        [],
      );
      assert.deepEqual(await untilItEnds(folder), expected);
    });

  it("prints no table before the first run has finished", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, { ...SWEEP, epochs: 3000 });
      const running = start(folder, ...COMMAND);
      await running.until(/epoch 1\//);
      running.child.kill("SIGINT");
      const { code, output } = await running.ended;
      assert.equal(code, 130);
      assert.doesNotMatch(output, /variant|Nothing to compare|results:/);
      assert.match(output, /0 of 4 runs finished/);
    }));

  it("exits with 130 on SIGINT and SIGTERM, sent to it alone or to all its processes", async () => {
    await checkStopped((pid) => process.kill(-pid, "SIGINT"));
    await checkStopped((pid) => process.kill(pid, "SIGTERM"));
  });
});
