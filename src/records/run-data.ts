// What a run's model needs to know about its data <-> dataset.json in the run's folder. With it, the model can be used without
// the data.

import { readRegularFile } from "../regular-file.js";
import { DamagedFileError, writeWhole } from "./files.js";

export interface RunData {
  /** The dataset's fingerprint. */
  readonly fingerprint: string;
  /** That of the test images alone; absent in runs of earlier versions. */
  readonly testFingerprint?: string;
  readonly shape: { readonly height: number; readonly width: number; readonly channels: number };
  /** In the order of the network's outputs. */
  readonly classNames: readonly string[];
  /** Per channel, for pixels from 0 to 255. The network receives (pixel - mean) / deviation. */
  readonly normalisation: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
}

const MOST_BYTES = 1 << 26;

export function writeRunData(file: string, data: RunData): void {
  writeWhole(file, `${JSON.stringify(data, null, 2)}\n`);
}

/** Throws DamagedFileError, and InputError if the file does not exist. */
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
  const { fingerprint, testFingerprint, shape, classNames, normalisation, images } = data ?? {};
  if (typeof fingerprint !== "string") return fail("it has no fingerprint");
  if (!shape || ![shape.height, shape.width, shape.channels].every(isCount))
    return fail("its shape must be three positive integers");
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === "string"))
    return fail("its class names must be strings");
  const { mean, deviation } = normalisation ?? {};
  if (
    !isNumbers(mean, shape.channels) ||
    !isNumbers(deviation, shape.channels) ||
    deviation.some((one) => one <= 0)
  )
    return fail("its normalisation must have a mean and a positive deviation per channel");
  if (!images || ![images.train, images.validation, images.test].every(isCount))
    return fail("its numbers of images must be positive integers");
  const test = typeof testFingerprint === "string" ? { testFingerprint } : {};
  return { fingerprint, ...test, shape, classNames, normalisation: { mean, deviation }, images };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}
