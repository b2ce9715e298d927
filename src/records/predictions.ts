// The predictions of a run <-> predictions.npy, an array of records that NumPy and pandas read.

import { createHash } from "node:crypto";
import { readRegularFile } from "../regular-file.js";
import { DamagedFileError, writeWhole } from "./files.js";

/** By test image, in the order of the split. */
export interface Predictions {
  readonly label: Uint16Array;
  /** The class with the largest logit; of several, one that is wrong. */
  readonly predicted: Uint16Array;
  /** Of the label. */
  readonly probability: Float32Array;
  /** The largest probability of any class. */
  readonly confidence: Float32Array;
  /** The logit of the label minus the largest one of the other classes, in nats. Negative or 0 if the image is misclassified. */
  readonly margin: Float32Array;
}

/** Name and type of each field, as NumPy writes them. */
const FIELDS = [
  ["label", "<u2"],
  ["predicted", "<u2"],
  ["probability", "<f4"],
  ["confidence", "<f4"],
  ["margin", "<f4"],
] as const;
const RECORD_BYTES = 16;
const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");
/** What precedes the records is a multiple of this. */
const ALIGNMENT = 64;

export function newPredictions(images: number): Predictions {
  return {
    label: new Uint16Array(images),
    predicted: new Uint16Array(images),
    probability: new Float32Array(images),
    confidence: new Float32Array(images),
    margin: new Float32Array(images),
  };
}

/** Returns the checksum without which the file cannot be read. */
export function writePredictions(file: string, predictions: Predictions): string {
  const images = predictions.label.length;
  const records = Buffer.alloc(images * RECORD_BYTES);
  const { label, predicted, probability, confidence, margin } = predictions;
  for (let image = 0, at = 0; image < images; image++, at += RECORD_BYTES) {
    records.writeUInt16LE(label[image] as number, at);
    records.writeUInt16LE(predicted[image] as number, at + 2);
    records.writeFloatLE(probability[image] as number, at + 4);
    records.writeFloatLE(confidence[image] as number, at + 8);
    records.writeFloatLE(margin[image] as number, at + 12);
  }
  const bytes = Buffer.concat([headerFor(images), records]);
  writeWhole(file, bytes);
  return checksumOf(bytes);
}

/** Throws DamagedFileError if the file is not the one that was written. */
export function readPredictions(file: string, checksum: string): Predictions {
  const bytes = readRegularFile(file, 2 ** 31);
  if (checksumOf(bytes) !== checksum) throw new DamagedFileError(file, "its checksum is another one");
  const images = Number(/'shape': \((\d+),\)/.exec(bytes.toString("latin1", 0, 512))?.[1]);
  const records = bytes.subarray(headerFor(images).length);
  const predictions = newPredictions(images);
  const { label, predicted, probability, confidence, margin } = predictions;
  for (let image = 0, at = 0; image < images; image++, at += RECORD_BYTES) {
    label[image] = records.readUInt16LE(at);
    predicted[image] = records.readUInt16LE(at + 2);
    probability[image] = records.readFloatLE(at + 4);
    confidence[image] = records.readFloatLE(at + 8);
    margin[image] = records.readFloatLE(at + 12);
  }
  return predictions;
}

function headerFor(images: number): Buffer {
  const types = FIELDS.map(([name, type]) => `('${name}', '${type}')`).join(", ");
  const text = `{'descr': [${types}], 'fortran_order': False, 'shape': (${images},), }`;
  const length = Math.ceil((MAGIC.length + 2 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length - MAGIC.length - 2);
  return Buffer.concat([MAGIC, size, Buffer.from(`${text.padEnd(length - MAGIC.length - 3)}\n`)]);
}

function checksumOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}
