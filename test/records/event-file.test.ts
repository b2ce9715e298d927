import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { writeCsv } from "../../src/records/csv.js";
import { addEvents, appendEvents, startEvents } from "../../src/records/event-file.js";
import { runFolder } from "../../src/records/run-folder.js";
import { EPOCH_COLUMNS } from "../../src/records/tables.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Written with the RecordWriter and the protocol buffers of Python's tensorboard 2.21. */
const GOLDEN = readFileSync("test/golden/events.tfevents");

const ROWS = [
  {
    epoch: 1,
    step: 10,
    learning_rate: 0.1,
    train_loss: 2.25,
    train_error: 0.9,
    validation_loss: 1.5,
    validation_error: 0.625,
    seconds: 2,
    images_per_second: 1234.5,
  },
  {
    epoch: 200,
    step: 2000,
    learning_rate: 1e-5,
    train_loss: 0.1,
    train_error: 0.03,
    validation_loss: 0.2,
    validation_error: 0,
    seconds: 3.5,
    images_per_second: 987.654,
  },
] as const;

describe("event files", () => {
  it("equal those of TensorBoard byte for byte, whether written at once or epoch by epoch", () =>
    inTemporaryFolder((folder) => {
      assert.deepEqual(readFileSync(startEvents(folder, ROWS, 1_700_000_006)), GOLDEN);
      const file = startEvents(folder, [ROWS[0]], 1_700_000_002.5);
      appendEvents(file, ROWS[1], 1_700_000_006);
      assert.deepEqual(readFileSync(file), GOLDEN);
    }));

  it("replace the file of an earlier attempt and nothing else", () =>
    inTemporaryFolder((folder) => {
      writeCsv(join(folder, "epochs.csv"), EPOCH_COLUMNS, ROWS);
      startEvents(folder, [], 1_700_000_006);
      startEvents(folder, ROWS, 1_700_000_009);
      assert.deepEqual(readdirSync(folder).sort(), [
        "epochs.csv",
        "events.out.tfevents.1700000009.squeezebox",
      ]);
    }));

  it("are added once to a run that finished without all its events", () =>
    inTemporaryFolder((folder) => {
      writeCsv(join(folder, "epochs.csv"), EPOCH_COLUMNS, ROWS);
      startEvents(folder, [ROWS[0]], 1_700_000_000);
      addEvents(runFolder(folder), 1_700_000_006);
      addEvents(runFolder(folder), 1_700_000_009);
      const [, file, ...others] = readdirSync(folder).sort();
      assert.deepEqual(readFileSync(join(folder, file as string)), GOLDEN);
      assert.deepEqual(others, []);
    }));
});
