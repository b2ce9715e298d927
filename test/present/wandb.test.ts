import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { report } from "../../src/commands/report.js";
import { writeTracked } from "../../src/commands/report-tracked.js";
import { InputError } from "../../src/diagnostic.js";
import { wandbRuns } from "../../src/present/wandb.js";
import { wandbLog } from "../../src/present/wandb-log.js";
import type { TrackedRun } from "../../src/report/tracked-runs.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { writeLargeSweep } from "./large-sweep.js";

/** Written with the protocol buffers and the DataStore of Python's wandb 0.22.0, by test/golden/wandb-runs.py. */
const GOLDEN = JSON.parse(readFileSync("test/golden/wandb-runs.json", "utf8")) as {
  readonly runs: readonly TrackedRun[];
  readonly files: readonly (readonly [path: string, base64: string])[];
  readonly logs: readonly { readonly lengths: readonly number[]; readonly sha256: string }[];
};

const SIZE = { variants: 2, seeds: 2, images: 20, classes: 2, epochs: 3 };

const inSweep = (use: (sweep: string, runs: string) => void | Promise<void>) =>
  inTemporaryFolder((folder) => {
    const sweep = join(folder, "s");
    writeLargeSweep(sweep, SIZE);
    return use(sweep, join(sweep, "wandb"));
  });

/** `<folder>/run-<id>.wandb` for each run in a folder `wandb`. */
const logsIn = (folder: string) =>
  readdirSync(folder).map((name) => join(folder, name, `run-${name.split("-")[3]}.wandb`));

describe("runs for Weights & Biases", () => {
  it("equal those that W&B writes byte for byte", () => {
    const { files } = wandbRuns(GOLDEN.runs);
    assert.deepEqual(
      Array.from(files, ([path, bytes]) => [path, Buffer.from(bytes).toString("latin1")]),
      GOLDEN.files.map(([path, base64]) => [path, Buffer.from(base64, "base64").toString("latin1")]),
    );
  });

  it("continue in the next block as W&B's do, wherever the last one ends", () => {
    for (const { lengths, sha256 } of GOLDEN.logs) {
      const records = lengths.map((length, index) =>
        Uint8Array.from({ length }, (_, at) => (7 * index + at) % 251),
      );
      assert.equal(createHash("sha256").update(wandbLog(records)).digest("hex"), sha256, lengths.join(", "));
    }
  });

  it("are written once: again only if they have changed, which takes away the mark of W&B that they are uploaded", () =>
    inSweep((sweep, folder) => {
      assert.equal(writeTracked([sweep], sweep, "wandb"), folder);
      const logs = logsIn(folder);
      assert.equal(logs.length, SIZE.variants * SIZE.seeds);
      const marks = logs.map((log) => `${log}.synced`);
      for (const mark of marks) writeFileSync(mark, "");
      const times = logs.map((log) => statSync(log).mtimeMs);
      writeTracked([sweep], sweep, "wandb");
      assert.deepEqual(
        logsIn(folder).map((log) => statSync(log).mtimeMs),
        times,
      );
      assert.ok(marks.every((mark) => existsSync(mark)));
      const changed = logs.find((log) => readFileSync(log).includes("v1/seed-2")) ?? "";
      appendFileSync(changed, "changed");
      writeTracked([sweep], sweep, "wandb");
      assert.deepEqual(
        marks.filter((mark) => !existsSync(mark)),
        [`${changed}.synced`],
      );
      assert.doesNotMatch(readFileSync(changed, "latin1"), /changed$/);
    }));

  it("replace those of the same sweep that are gone, and no others", () =>
    inSweep((sweep, folder) => {
      writeTracked([sweep], sweep, "wandb");
      const [own = "", ...others] = readdirSync(folder);
      const id = own.split("-")[3] ?? "";
      const gone = own.replace(id, `${id.slice(0, 8)}${"0".repeat(24)}`);
      const foreign = [
        ...["offline-run-20260101_000000-abcd1234", "run-20260101_000000-abcd1234"],
        ...[own.replace(id, `${"0".repeat(8)}${id.slice(8)}`), "logs"],
      ];
      for (const name of [gone, ...foreign]) {
        mkdirSync(join(folder, name, "files"), { recursive: true });
        writeFileSync(join(folder, name, "files", "config.yaml"), "");
      }
      writeTracked([sweep], sweep, "wandb");
      assert.deepEqual(readdirSync(folder), [own, ...others, ...foreign].sort());
    }));

  it("are what report --track wandb writes; other formats are refused, and a file in their place", () =>
    inSweep(async (sweep, folder) => {
      const flags = { json: true, watch: false, port: 0 };
      await assert.rejects(
        report([sweep], { ...flags, track: "wandbb" }),
        new InputError("--track must be one of mlflow, wandb; found wandbb; did you mean `wandb`?"),
      );
      assert.equal(existsSync(folder), false);
      assert.equal(await report([sweep], { ...flags, track: "wandb" }), 0);
      assert.equal(logsIn(folder).length, SIZE.variants * SIZE.seeds);
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "");
      assert.throws(
        () => writeTracked([sweep], sweep, "wandb"),
        new InputError(`${folder} is a file; W&B's runs must be in a folder of that name`),
      );
    }));
});
