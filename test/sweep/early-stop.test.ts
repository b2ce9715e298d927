// Runs that stop early: when they do, and what they share with runs that do not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { StopSpec } from "../../src/config/experiment-spec.js";
import { readCsv } from "../../src/records/csv.js";
import { readResult } from "../../src/records/run-folder.js";
import { EPOCH_COLUMNS, type EpochRow } from "../../src/records/tables.js";
import { lastEpochOf } from "../../src/training/resume.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { start, writeSweepFile } from "./run-cli.js";

describe("training stops early", () => {
  const check = (patience: number, values: readonly number[], expected: number) =>
    it(`with a patience of ${patience} and ${values.join(", ")}: after epoch ${expected}`, () => {
      const stop: StopSpec = { patience, metric: "validation_loss", after: "last" };
      const rows = values.map(
        (validation_loss, index) => ({ epoch: index + 1, validation_loss }) as EpochRow,
      );
      assert.equal(lastEpochOf({ epochs: 9, stop }, rows), expected);
      assert.equal(lastEpochOf({ epochs: 9, stop: "off" }, rows), 9);
      for (const after of [2, 20])
        assert.equal(lastEpochOf({ epochs: 9, stop: { ...stop, after } }, rows), Math.min(after, expected));
      assert.equal(lastEpochOf({ epochs: 9, stop: { ...stop, patience: "any", after: 3 } }, rows), 3);
    });
  check(1, [], 9);
  check(1, [0.5, 0.4], 9);
  check(1, [0.5, 0.5], 2);
  check(2, [0.5, 0.5, 0.4, 0.6], 9);
  check(2, [0.5, 0.5, 0.4, 0.6, 0.4], 5);
  check(3, [0.5, 0.6, 0.7, 0.8, 0.1], 4);
});

describe("a run that stops early", function () {
  this.timeout(120_000);

  const EPOCHS = 12;
  const STOP = { patience: 2, metric: "validation_loss" };
  const run = async (folder: string, name: string, training: object, runs: string) => {
    const [variants, seeds] = [[{ name: "plain" }], [1]];
    writeSweepFile(folder, {
      name,
      variants,
      seeds,
      epochs: EPOCHS,
      training: { ...training, optimizer: FAST },
    });
    const { code, errors } = await start(folder, "sweep", `${name}.yaml`, "--runs", runs).ended;
    assert.equal(code, 0, errors);
    const path = join(folder, runs, name, "plain", "seed-1");
    const rows = readCsv(join(path, "epochs.csv"), EPOCH_COLUMNS)?.rows ?? [];
    return {
      result: readResult(path),
      log: readFileSync(join(path, "log.txt"), "utf8"),
      losses: rows.map(({ validation_loss }) => validation_loss),
    };
  };
  // It overfits within a few epochs.
  const FAST = { name: "sgd", learningRate: 0.3, momentum: 0.9 };

  it("has the numbers of one that does not, as far as it goes, whichever is trained first", () =>
    inTemporaryFolder(async (folder) => {
      const whole = await run(folder, "whole", {}, "a");
      const stopped = await run(folder, "stopped", { stop: STOP }, "b");
      const epochs = stopped.losses.length;
      assert.ok(epochs < EPOCHS && epochs > STOP.patience, String(epochs));
      assert.deepEqual(stopped.losses, whole.losses.slice(0, epochs));
      assert.equal(stopped.result?.epochs, epochs);
      assert.match(stopped.log, new RegExp(`stops early, after epoch ${epochs}`));
      // A longer run is not taken for the stopped one, whose last weights it does not have.
      const after = await run(folder, "stopped", { stop: STOP }, "a");
      assert.deepEqual([after.losses, after.result?.test_loss], [stopped.losses, stopped.result?.test_loss]);
      // And one that does not stop continues it.
      const continued = await run(folder, "whole", {}, "b");
      assert.match(continued.log, new RegExp(`continues after the first ${epochs} epochs`));
      assert.deepEqual(
        [continued.losses, continued.result?.test_loss],
        [whole.losses, whole.result?.test_loss],
      );
    }));
});
