// What a run saw <-> dataset.json in its folder: enough to use its model without the data.

import { readRegularFile } from "../regular-file.js";
import { DamagedFileError, writeWhole } from "./files.js";

export interface RunData {
  /** Of the dataset. */
  readonly fingerprint: string;
  readonly shape: { readonly height: number; readonly width: number; readonly channels: number };
  /** In the order of the outputs. */
  readonly classNames: readonly string[];
  /** By channel, in units of pixels from 0 to 255: a network sees (pixel - mean) / deviation. */
  readonly normalisation: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
}

const MOST_BYTES = 1 << 26;

export function writeRunData(file: string, data: RunData): void {
  writeWhole(file, `${JSON.stringify(data, null, 2)}\n`);
}

/** Throws DamagedFileError, and InputError where there is no such file. */
export function readRunData(file: string): RunData {
  const text = readRegularFile(file, MOST_BYTES).toString("utf8");
  const fail = (problem: string): never => {
    throw new DamagedFileError(file, problem);
  };
  let data: Partial<RunData> | null;
  try {
    data = JSON.parse(text) as Partial<RunData> | null;
  } catch {
    return fail("it is not JSON");
  }
  const { fingerprint, shape, classNames, normalisation, images } = data ?? {};
  if (typeof fingerprint !== "string") return fail("it has no fingerprint");
  if (!shape || ![shape.height, shape.width, shape.channels].every(isCount))
    return fail("its shape is not three whole numbers");
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === "string"))
    return fail("its class names are not texts");
  const { mean, deviation } = normalisation ?? {};
  if (
    !isNumbers(mean, shape.channels) ||
    !isNumbers(deviation, shape.channels) ||
    deviation.some((one) => one <= 0)
  )
    return fail("its normalisation is not a mean and a positive deviation a channel");
  if (!images || ![images.train, images.validation, images.test].every(isCount))
    return fail("its numbers of images are not whole numbers");
  return { fingerprint, shape, classNames, normalisation: { mean, deviation }, images };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}
