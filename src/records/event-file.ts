// Rows of epochs.csv -> an event file for TensorBoard: TFRecords, each of which contains an Event of tensorflow/core/util.

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import crc32c from "crc-32/crc32c.js";
import { PbfWriter } from "pbf";
import { isWhole } from "./columns.js";
import { readCsv } from "./csv.js";
import { writeWhole } from "./files.js";
import type { RunFolder } from "./run-folder.js";
import { EPOCH_COLUMNS, type EpochRow } from "./tables.js";

/** TensorBoard groups tags by their prefix. */
const TAGS: readonly (readonly [tag: string, column: keyof EpochRow])[] = [
  ["loss/train", "train_loss"],
  ["loss/validation", "validation_loss"],
  ["error/train", "train_error"],
  ["error/validation", "validation_error"],
  ["training/learning_rate", "learning_rate"],
  ["training/images_per_second", "images_per_second"],
];

const FILE_NAME = /^events\.out\.tfevents\./;

/**
 * Writes the event file of a run that was trained partly or entirely without one. `now` is in seconds since 1970. Does nothing
 * if a file with all epochs exists.
 */
export function addEvents({ path, epochs }: RunFolder, now: number): void {
  const rows = (readCsv(epochs, EPOCH_COLUMNS)?.rows ?? []).filter((row) => isWhole(EPOCH_COLUMNS, row));
  if (!readdirSync(path).some((name) => FILE_NAME.test(name) && recordsIn(join(path, name)) > rows.length))
    startEvents(path, rows, now);
}

/** The number of records in a file: the version, and one per epoch. */
function recordsIn(file: string): number {
  const bytes = readFileSync(file);
  let records = 0;
  for (let at = 0; at + 8 <= bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) records++;
  return records;
}

/**
 * Writes a new file with the epochs so far and removes older ones. The times of the epochs are counted back from `now`
 * (seconds since 1970). Returns the path. Readers remember their position in a file, so later epochs are appended.
 */
export function startEvents(folder: string, rows: readonly EpochRow[], now: number): string {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (FILE_NAME.test(name)) rmSync(join(folder, name));
  let time = now - rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const records = [record(time, (event) => event.writeStringField(3, "brain.Event:2"))];
  for (const row of rows) {
    time += row.seconds;
    records.push(epochRecord(row, time));
  }
  const file = join(folder, `events.out.tfevents.${Math.floor(now)}.squeezebox`);
  writeWhole(file, Buffer.concat(records));
  return file;
}

/** Readers wait for the rest of an incomplete record, so this need not be atomic. */
export function appendEvents(file: string, row: EpochRow, now: number): void {
  appendFileSync(file, epochRecord(row, now));
}

/** Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 }; a step is an epoch. */
function epochRecord(row: EpochRow, time: number): Buffer {
  return record(time, (event) => {
    event.writeVarintField(2, row.epoch);
    event.writeMessage(5, writeSummary, row);
  });
}

/** Summary { repeated Value value = 1 }, Value { string tag = 1; float simple_value = 2 } */
function writeSummary(row: EpochRow, summary: PbfWriter): void {
  for (const [tag, column] of TAGS)
    summary.writeMessage(
      1,
      (value: number, message) => {
        message.writeStringField(1, tag);
        message.writeFloatField(2, value);
      },
      row[column],
    );
}

/** Length, checksum of the length, event, checksum of the event. */
function record(time: number, write: (event: PbfWriter) => void): Buffer {
  const event = new PbfWriter();
  event.writeDoubleField(1, time);
  write(event);
  const data = event.finish();
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** CRC-32C with the mask of TFRecord. */
function checksum(bytes: Uint8Array): Buffer {
  const crc = crc32c.buf(bytes) >>> 0;
  const result = Buffer.alloc(4);
  result.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return result;
}
