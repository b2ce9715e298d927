// NumPy archives (.npz) with the arrays of MedMNIST or of Keras -> labelled images.

import type { DatasetSpec } from "../../config/experiment-spec.js";
import { InputError } from "../../diagnostic.js";
import { readRegularFile } from "../../regular-file.js";
import { didYouMean } from "../../suggest.js";
import { type PartName, type RawDataset, shapeOf, sharedBytes } from "../images.js";
import { datasetInMemory, inMemory } from "./in-memory.js";
import { mostUnpacked } from "./most-unpacked.js";
import { type NpyArray, parseNpy } from "./npy.js";
import type { Source } from "./source.js";
import { unzip } from "./zip.js";

type NpzSpec = Extract<DatasetSpec, { name: "npz" }>;

export const NPZ: Source<NpzSpec> = {
  describe: (spec) => {
    const { train, validation, test, classNames } = load(spec);
    const isWhole = validation !== null || test === null;
    return {
      shape: shapeOf(train.images, 0),
      classes: classNames.length,
      images: isWhole ? null : train.labels.length,
    };
  },
  files: ({ path }) => [path],
  open: load,
};

const MOST_BYTES = 2 ** 31 - 1;

function load(spec: NpzSpec): RawDataset {
  const arrays = readArrays(spec.path);
  const train = partOf(spec, arrays, "train");
  const optional = (part: PartName) => (namesOf(spec, arrays, part) ? partOf(spec, arrays, part) : null);
  const [validation, test] = [optional("validation"), optional("test")];
  const all = [train, validation, test].filter((part) => part !== null);
  for (const { name, shape } of all)
    if (shape.join() !== train.shape.join())
      throw new InputError(
        `${spec.path}: ${name} has images of ${shape.join("x")}, but ${train.name} of ${train.shape.join("x")}`,
      );
  const labels = all.map((part) => part.labels);
  const classes = Math.max(
    2,
    1 + labels.reduce((most, own) => own.reduce((a, b) => Math.max(a, b), most), 0),
  );
  const classNames = Array.from({ length: classes }, (_, label) => String(label));
  const [height, width, channels] = train.shape;
  const finish = ({ pixels, labels }: ReadPart) => inMemory({ height, width, channels }, pixels, labels);
  return datasetInMemory({
    classNames,
    train: finish(train),
    validation: validation && finish(validation),
    test: test && finish(test),
  });
}

/** The arrays of MedMNIST and of Keras. */
const NAMES: Readonly<Record<PartName, readonly (readonly [images: string, labels: string])[]>> = {
  train: [
    ["train_images", "train_labels"],
    ["x_train", "y_train"],
  ],
  validation: [
    ["val_images", "val_labels"],
    ["x_val", "y_val"],
  ],
  test: [
    ["test_images", "test_labels"],
    ["x_test", "y_test"],
  ],
};

type Arrays = ReadonlyMap<string, Uint8Array>;

/** The names of the arrays with the images and labels of a part; undefined if there are none. */
function namesOf(
  { arrays: named }: NpzSpec,
  arrays: Arrays,
  part: PartName,
): readonly [string, string] | undefined {
  if (named === "auto") return NAMES[part].find(([images]) => arrays.has(images));
  return named[part] as [string, string] | undefined;
}

function readArrays(path: string): Arrays {
  const content = readRegularFile(path, MOST_BYTES);
  try {
    const files = unzip(content, {
      isWanted: (name) => name.endsWith(".npy"),
      most: mostUnpacked(content.length),
    });
    return new Map([...files].map(([name, bytes]) => [name.slice(0, -".npy".length), bytes]));
  } catch (cause) {
    throw new InputError(`${path} is not a NumPy archive, or it is damaged (${(cause as Error).message})`, {
      cause,
    });
  }
}

interface ReadPart {
  /** Of the array of images. */
  readonly name: string;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly pixels: Uint8Array;
  readonly labels: Uint16Array;
}

function partOf(spec: NpzSpec, arrays: Arrays, part: PartName): ReadPart {
  const { path } = spec;
  const names = namesOf(spec, arrays, part);
  const available = [...arrays.keys()];
  const has = `it has ${available.join(", ") || "none"}`;
  if (!names)
    throw new InputError(
      `${path} has no array ${NAMES[part].map(([images]) => images).join(" or ")}; ${has}. Other names can be given in dataset.arrays`,
    );
  const [images, labels] = names.map((name) => {
    const found = arrays.get(name);
    if (!found) throw new InputError(`${path} has no array ${name}${didYouMean(name, available)}; ${has}`);
    return parseNpy(found, `${path}: ${name}`);
  }) as [NpyArray, NpyArray];
  const [name, ofLabels] = names.map((one) => `${path}: ${one}`) as [string, string];
  return {
    name: names[0],
    ...imagesIn(images, name, spec.floats),
    labels: labelsIn(labels, images, ofLabels),
  };
}

function imagesIn(
  array: NpyArray,
  name: string,
  floats: NpzSpec["floats"],
): Pick<ReadPart, "shape" | "pixels"> {
  const [count = 0, height = 0, width = 0, channels = 1] = array.shape;
  if (array.shape.length !== 3 && array.shape.length !== 4)
    throw new InputError(
      `${name}: expected images of the shape [images, height, width] or [images, height, width, channels]; found [${array.shape.join(", ")}]`,
    );
  if (count * height * width * channels === 0) throw new InputError(`${name}: no images`);
  if (channels > MOST_CHANNELS)
    throw new InputError(
      `${name}: images of ${channels} channels; at most ${MOST_CHANNELS} are supported, as the last axis`,
    );
  const shape = [height, width, channels] as const;
  if (array.type === "u1") return { shape, pixels: array.bytes() };
  if (!array.type.startsWith("f"))
    throw new InputError(
      `${name}: pixels must be bytes (uint8); found ${array.type}: convert them with .astype("uint8")`,
    );
  if (floats === "refused")
    throw new InputError(
      `${name}: pixels are ${array.type}; say in dataset.floats whether black to white is 0..1 or 0..255, or convert them with .astype("uint8")`,
    );
  return { shape, pixels: floatPixels(array, name, floats) };
}

/** Rounds to the nearest byte. Throws InputError for values outside the declared range. */
function floatPixels(array: NpyArray, name: string, range: "0..1" | "0..255"): Uint8Array {
  const scale = range === "0..1" ? 255 : 1;
  const pixels = sharedBytes(array.shape.reduce((product, dimension) => product * dimension, 1));
  for (let index = 0; index < pixels.length; index++) {
    const value = array.at(index) * scale;
    if (!(value >= 0 && value <= 255))
      throw new InputError(`${name}: the value ${array.at(index)} is outside the declared range ${range}`);
    pixels[index] = Math.round(value);
  }
  return pixels;
}

const MOST_CHANNELS = 64;
const MOST_CLASSES = 2 ** 16;

function labelsIn(array: NpyArray, images: NpyArray, name: string): Uint16Array {
  const [count = 0, columns = 1] = array.shape;
  if (array.shape.length > 2 || columns !== 1)
    throw new InputError(
      `${name}: expected one label per image, [images] or [images, 1]; found [${array.shape.join(", ")}]. One-hot labels become numbers with .argmax(axis=1); images with several labels are not supported`,
    );
  if (count !== images.shape[0])
    throw new InputError(`${name}: ${count} labels for ${images.shape[0]} images`);
  if (array.type.startsWith("f"))
    throw new InputError(
      `${name}: labels must be whole numbers; found ${array.type}: convert them with .astype("int64")`,
    );
  return Uint16Array.from({ length: count }, (_, index) => {
    const label = array.at(index);
    if (label < 0 || label >= MOST_CLASSES)
      throw new InputError(
        `${name}: label ${label} of image ${index}; labels start at 0 and are less than ${MOST_CLASSES}`,
      );
    return label;
  });
}
