// The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009) -> labelled images.
// Format: https://www.cs.toronto.edu/~kriz/cifar.html - each record is a label (CIFAR-100: a coarse and a fine label) and
// 3,072 bytes of pixels: 32 rows of 32 red values, then the green ones, then the blue ones.

import type { DatasetSpec } from "../../config/experiment-spec.js";
import { InputError } from "../../diagnostic.js";
import { sharedBytes } from "../images.js";
import { filesIn, kindOf, readFiles } from "./archive.js";
import { datasetInMemory, inMemory, type PartInMemory } from "./in-memory.js";
import type { Source } from "./source.js";

type Cifar10Spec = Extract<DatasetSpec, { name: "cifar10" }>;
type Cifar100Spec = Extract<DatasetSpec, { name: "cifar100" }>;

const SHAPE = { height: 32, width: 32, channels: 3 } as const;
const PIXELS = SHAPE.height * SHAPE.width;
const MOST_BYTES = 1 << 28;

/** The files of one version of the dataset, and the position of the label in a record. */
interface Version {
  readonly train: readonly string[];
  readonly test: string;
  /** The file with the names of the classes, one per line. */
  readonly names: string;
  readonly classes: number;
  /** The number of labels at the start of a record. */
  readonly labels: number;
  /** The index of the label to use. */
  readonly label: number;
}

const TEN: Version = {
  train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
  test: "test_batch.bin",
  names: "batches.meta.txt",
  classes: 10,
  labels: 1,
  label: 0,
};

const HUNDRED = { train: ["train.bin"], test: "test.bin", labels: 2 } as const;
const COARSE: Version = { ...HUNDRED, names: "coarse_label_names.txt", classes: 20, label: 0 };
const FINE: Version = { ...HUNDRED, names: "fine_label_names.txt", classes: 100, label: 1 };

export const CIFAR10: Source<Cifar10Spec> = {
  describe: ({ path }) => describe(path, TEN),
  files: ({ path }) => filesOf(path, TEN),
  open: ({ path }) => open(path, TEN),
};

export const CIFAR100: Source<Cifar100Spec> = {
  describe: ({ path, labels }) => describe(path, versionOf(labels)),
  files: ({ path, labels }) => filesOf(path, versionOf(labels)),
  open: ({ path, labels }) => open(path, versionOf(labels)),
};

function versionOf(labels: Cifar100Spec["labels"]): Version {
  return labels === "fine" ? FINE : COARSE;
}

function filesOf(path: string, { train, test, names }: Version): readonly string[] {
  if (kindOf(path) === "archive") return [path];
  const wanted = [...train, test, names];
  return filesIn(path).flatMap(({ name, file }) => (wanted.includes(name) ? [file] : []));
}

/** The number of images is unknown until they are read. */
function describe(path: string, version: Version) {
  if (kindOf(path) === "folder")
    checkNames(
      path,
      version,
      filesIn(path).map(({ name }) => name),
    );
  return { shape: SHAPE, classes: version.classes, images: null };
}

async function open(path: string, version: Version) {
  const { train, test, names } = version;
  const files = await readFiles(path, { names: [...train, test, names], mostBytes: MOST_BYTES });
  checkNames(path, version, [...files.keys()]);
  const classNames = classNamesIn(path, version, files.get(names) as Buffer);
  const read = (parts: readonly string[]) =>
    recordsIn(
      parts.map((name) => ({ name: `${path}: ${name}`, bytes: files.get(name) as Buffer })),
      version,
    );
  return datasetInMemory({ classNames, train: read(train), validation: null, test: read([test]) });
}

function checkNames(path: string, { train, test, names }: Version, found: readonly string[]): void {
  const missing = [...train, test, names].find((name) => !found.includes(name));
  if (missing === undefined) return;
  const others = ["data_batch_1", "batches.meta", "train", "meta"].some((name) => found.includes(name));
  const hint = others ? "; it has the files of the Python version" : "";
  throw new InputError(
    `${path} lacks ${missing}${hint}; download the binary version of the dataset, and set dataset.path to its archive or to the folder unpacked from it`,
  );
}

function classNamesIn(path: string, { names, classes }: Version, content: Buffer): string[] {
  const found = content
    .toString("utf8")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (found.length !== classes)
    throw new InputError(`${path}: ${names} has ${found.length} class names; expected ${classes}`);
  return found;
}

/** The images of all files in order, with the three colours of each pixel next to each other. */
function recordsIn(
  files: readonly { readonly name: string; readonly bytes: Buffer }[],
  { classes, labels: labelBytes, label }: Version,
): PartInMemory {
  const length = labelBytes + PIXELS * SHAPE.channels;
  for (const { name, bytes } of files)
    if (bytes.length === 0 || bytes.length % length !== 0)
      throw new InputError(
        `${name} has ${bytes.length} bytes, which is not a multiple of ${length}, the size of a record`,
      );
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / length, 0);
  const pixels = sharedBytes(count * PIXELS * SHAPE.channels);
  const labels = new Uint8Array(count);
  let image = 0;
  for (const { name, bytes } of files)
    for (let start = 0; start < bytes.length; start += length, image++) {
      const own = bytes[start + label] as number;
      if (own >= classes)
        throw new InputError(
          `${name}: record ${start / length + 1} has the label ${own}; labels must be from 0 to ${classes - 1}`,
        );
      labels[image] = own;
      for (let channel = 0; channel < SHAPE.channels; channel++) {
        const plane = start + labelBytes + channel * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++)
          pixels[(image * PIXELS + pixel) * SHAPE.channels + channel] = bytes[plane + pixel] as number;
      }
    }
  return inMemory(SHAPE, pixels, labels);
}
