// Every kind of dataset in every form, with one of its files damaged.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import CRC32 from "crc-32";
import { unzipSync, zipSync } from "fflate";
import { Parser, type ReadEntry } from "tar";
import type { DatasetSpec } from "../../src/config/experiment.js";
import type { RandomStream } from "../../src/random.js";
import { type Mutation, mutated } from "./mutations.js";
import { datasetSpec } from "./read-split.js";

export interface Form {
  readonly name: string;
  /** Writes the intact dataset into a folder, and returns its description. */
  write(folder: string): DatasetSpec;
  /** The files to damage, as paths below the folder. */
  readonly files: readonly string[];
  /** Damages the content of one of the files. */
  damage(content: Buffer, random: RandomStream): Mutation;
}

const GOLDEN = "test/golden";
const SAME_SIZE = [{ resize: { size: [8, 8] } }];

/** Half of the time, what is inside is damaged and packed again, so that checksums are right. */
function alsoInside(unpack: (content: Buffer) => Buffer, pack: (content: Buffer) => Buffer): Form["damage"] {
  return (content, random) => {
    if (random.integer(2) === 0) return mutated(content, random);
    const { what, bytes } = mutated(unpack(content), random);
    return { what: `inside: ${what}`, bytes: pack(bytes) };
  };
}

const inGzip = alsoInside(gunzipSync, (content) => gzipSync(content));

/** One of the arrays is damaged, and the archive made anew. */
const inZip =
  (level: 0 | 6): Form["damage"] =>
  (content, random) => {
    if (random.integer(2) === 0) return mutated(content, random);
    const files = unzipSync(content);
    const names = Object.keys(files);
    const name = names[random.integer(names.length)] as string;
    const { what, bytes } = mutated(Buffer.from(files[name] as Uint8Array), random);
    return { what: `${name}: ${what}`, bytes: Buffer.from(zipSync({ ...files, [name]: bytes }, { level })) };
  };

/** The checksums of a PNG are made right again half of the time, since decoders stop at a wrong one. */
const inPng: Form["damage"] = (content, random) => {
  const { what, bytes } = mutated(content, random);
  return random.integer(2) === 0
    ? { what, bytes }
    : { what: `${what}, with checksums`, bytes: withChecksums(bytes) };
};

function withChecksums(png: Buffer): Buffer {
  for (let start = 8; start + 12 <= png.length; ) {
    const length = png.readUInt32BE(start);
    const end = start + 8 + length;
    if (end + 4 > png.length) break;
    png.writeInt32BE(CRC32.buf(png.subarray(start + 4, end)), end);
    start = end + 4;
  }
  return png;
}

function idx(dimensions: readonly number[], data: readonly number[]): Buffer {
  const header = Buffer.from([0, 0, 8, dimensions.length, ...dimensions.flatMap((one) => [0, 0, 0, one])]);
  return Buffer.concat([header, Buffer.from(data)]);
}

const IDX: Readonly<Record<string, Buffer>> = Object.fromEntries(
  (["train", "t10k"] as const).flatMap((part) => [
    [
      `${part}-images-idx3-ubyte`,
      idx(
        [12, 5, 4],
        Array.from({ length: 240 }, (_, at) => (at * 7) % 256),
      ),
    ],
    [
      `${part}-labels-idx1-ubyte`,
      idx(
        [12],
        Array.from({ length: 12 }, (_, at) => at % 3),
      ),
    ],
  ]),
);

function idxForm(
  name: string,
  ending: string,
  pack: (content: Buffer) => Buffer,
  damage: Form["damage"],
): Form {
  return {
    name,
    files: Object.keys(IDX).map((file) => file + ending),
    write: (directory) => {
      for (const [file, content] of Object.entries(IDX))
        writeFileSync(join(directory, file + ending), pack(content));
      return datasetSpec({ name: "idx", directory, validation: 2 });
    },
    damage,
  };
}

const CIFAR = `${GOLDEN}/cifar-10-binary.tar.gz`;

function cifarForm(file: string, pack: (content: Buffer) => Buffer, damage: Form["damage"]): Form {
  return {
    name: `cifar10, ${file}`,
    files: [file],
    write: (folder) => {
      writeFileSync(join(folder, file), pack(readFileSync(CIFAR)));
      return datasetSpec({ name: "cifar10", path: join(folder, file), validation: 2 });
    },
    damage,
  };
}

/** The files in a tar archive, by their names without folders. */
function untarred(archive: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      const parts: Buffer[] = [];
      entry.on("data", (part: Buffer) => parts.push(part));
      entry.on("end", () => found.set(basename(entry.path), Buffer.concat(parts)));
    },
  });
  parser.write(archive);
  parser.end();
  return found;
}

const CIFAR_FOLDER: Form = {
  name: "cifar10, folder",
  files: ["data_batch_2.bin", "test_batch.bin", "batches.meta.txt"],
  write: (folder) => {
    for (const [name, content] of untarred(gunzipSync(readFileSync(CIFAR))))
      if (extname(name) !== "") writeFileSync(join(folder, name), content);
    return datasetSpec({ name: "cifar10", path: folder, validation: 2 });
  },
  damage: mutated,
};

function npzForm(file: string, level: 0 | 6): Form {
  return {
    name: `npz, ${file}`,
    files: [file],
    write: (folder) => {
      cpSync(`${GOLDEN}/${file}`, join(folder, file));
      return datasetSpec({ name: "npz", path: join(folder, file), validation: 2 });
    },
    damage: inZip(level),
  };
}

function parquetForm(cache: boolean): Form {
  return {
    name: `parquet, ${cache ? "with" : "without"} the cache`,
    files: readdirSync(`${GOLDEN}/parquet`),
    write: (path) => {
      cpSync(`${GOLDEN}/parquet`, path, { recursive: true });
      return datasetSpec({
        name: "parquet",
        path,
        cache: cache ? "on" : "off",
        transforms: { train: SAME_SIZE, test: SAME_SIZE },
      });
    },
    damage: mutated,
  };
}

function imageForm(file: string, broken: "error" | "skip", damage: Form["damage"]): Form {
  return {
    name: `folder, ${file}, ${broken}`,
    files: [file],
    write: (path) => {
      for (const name of readdirSync(`${GOLDEN}/images`, { recursive: true, encoding: "utf8" }))
        if (extname(name) !== "") {
          mkdirSync(dirname(join(path, name)), { recursive: true });
          cpSync(`${GOLDEN}/images/${name}`, join(path, name));
        }
      const transforms = { train: SAME_SIZE, test: SAME_SIZE };
      return datasetSpec({
        name: "folder",
        path,
        broken,
        cache: broken === "skip" ? "on" : "off",
        transforms,
      });
    },
    damage,
  };
}

const identity = (content: Buffer) => content;

export const FORMS: readonly Form[] = [
  idxForm("idx", "", identity, mutated),
  idxForm("idx, gzipped", ".gz", (content) => gzipSync(content), inGzip),
  CIFAR_FOLDER,
  cifarForm("cifar.tar", gunzipSync, mutated),
  cifarForm("cifar.tar.gz", identity, inGzip),
  npzForm("medmnist.npz", 6),
  npzForm("keras.npz", 0),
  parquetForm(false),
  parquetForm(true),
  imageForm("train/cat/a.jpg", "error", mutated),
  imageForm("train/cat/b progressive.JPEG", "skip", mutated),
  imageForm("train/cat/l-rotated.jpg", "error", mutated),
  imageForm("train/cat/c.png", "error", inPng),
  imageForm("train/cat/e-palette.png", "skip", inPng),
  imageForm("train/dog/g-16bit.png", "error", inPng),
  imageForm("train/dog/h.webp", "error", mutated),
  imageForm("train/dog/i.gif", "error", mutated),
  imageForm("train/dog/j.tiff", "error", mutated),
  imageForm("train/dog/deeper/k-cmyk.jpg", "skip", mutated),
];
