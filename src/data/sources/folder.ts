// A folder of images: one folder per class, or train, val and test with one folder per class each -> encoded images and labels.

import { realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { DatasetSpec } from "../../config/experiment-spec.js";
import { InputError } from "../../diagnostic.js";
import { statOrNull } from "../../regular-file.js";
import { didYouMean } from "../../suggest.js";
import { cachedTable } from "../cache.js";
import type { Part, PartName, RawDataset } from "../images.js";
import type { OnProgress } from "../progress.js";
import { fromStored, type Inspection, inspect, sizesOf, toStored, usable } from "./encoded.js";
import { entriesIn } from "./entries.js";
import { contentsOf, manifestOf } from "./manifest.js";
import type { Source } from "./source.js";

type FolderSpec = Extract<DatasetSpec, { name: "folder" }>;

export const FOLDER: Source<FolderSpec> = {
  describe: () => null,
  files: ({ path }) => listFolder(path).names.map((name) => join(path, name)),
  open: openFolder,
};

/** The images below a folder, in the order of their names. */
export interface Listing {
  /** Of all parts, in the order of their names. */
  readonly classNames: readonly string[];
  /** Paths below the folder, part by part. */
  readonly names: readonly string[];
  /** The part and the label of each. */
  readonly parts: readonly PartName[];
  readonly labels: Uint16Array;
  /** The number of visible files that are not images. */
  readonly others: number;
}

const EXTENSION = /\.(jpe?g|png|webp|gif|tiff?|bmp|avif)$/i;

const PARTS: Readonly<Record<PartName, readonly string[]>> = {
  train: ["train", "training"],
  validation: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

const MOST_CLASSES = 2 ** 16;

/** Throws InputError if there are no classes, or if a class has no images. */
export function listFolder(path: string): Listing {
  const top = foldersIn(path);
  const folderOf = (part: PartName) => top.find((name) => PARTS[part].includes(name.toLowerCase()));
  const hasParts = folderOf("train") !== undefined;
  const roots = hasParts
    ? (Object.keys(PARTS) as PartName[]).flatMap((part) => {
        const folder = folderOf(part);
        return folder === undefined ? [] : [{ part, folder }];
      })
    : [{ part: "train" as const, folder: "" }];
  const classNames = foldersIn(join(path, roots[0]?.folder ?? ""));
  if (classNames.length < 2)
    throw new InputError(
      `${join(path, roots[0]?.folder ?? "")} must contain one folder per class, and at least two; it contains ${classNames.length === 0 ? "none" : `only ${classNames[0]}`}`,
    );
  if (classNames.length > MOST_CLASSES)
    throw new InputError(
      `${path} contains ${classNames.length} folders; at most ${MOST_CLASSES} classes are supported`,
    );
  const labelOf = new Map(classNames.map((name, label) => [name, label]));
  const names: string[] = [];
  const parts: PartName[] = [];
  const labels: number[] = [];
  let others = 0;
  for (const { part, folder } of roots)
    for (const own of foldersIn(join(path, folder))) {
      const label = labelOf.get(own);
      if (label === undefined)
        throw new InputError(
          `${join(path, folder, own)}: the training images have no class of this name${didYouMean(own, classNames)}`,
        );
      const found = filesBelow(join(path, folder, own), join(folder, own), 0);
      others += found.others;
      if (found.images.length === 0 && part === "train")
        throw new InputError(
          `${join(path, folder, own)} contains no images${found.others > 0 ? ` (but ${found.others} other files)` : ""}; images end in .jpg, .png, .webp, .gif, .tif or .avif`,
        );
      for (const name of found.images) {
        names.push(name);
        parts.push(part);
        labels.push(label);
      }
    }
  return { classNames, names, parts, labels: Uint16Array.from(labels), others };
}

/** What is known about the images of a folder without decoding them, or after decoding them if broken ones are skipped. */
export async function inspectFolder(
  { path, channels, background, broken, cache }: FolderSpec,
  { names }: Listing,
  onProgress: OnProgress,
): Promise<Inspection> {
  const files = names.map((name) => join(path, name));
  const isThorough = broken === "skip";
  const look = async () =>
    toStored(
      await inspect(
        files.length,
        (index) => ({ source: files[index] as string, name: files[index] as string }),
        {
          format: { channels, background },
          isThorough,
          onProgress,
        },
      ),
    );
  return fromStored(
    cache === "on" ? await cachedTable(["folder", manifestOf(files), isThorough], look) : await look(),
  );
}

async function openFolder(spec: FolderSpec, onProgress: OnProgress): Promise<RawDataset> {
  const { path, channels, background, broken } = spec;
  const listing = listFolder(path);
  const { names, parts, labels, classNames } = listing;
  const inspection = await inspectFolder(spec, listing, onProgress);
  const kept = usable(names.length, inspection, broken);
  const partOf = (part: PartName): Part | null => {
    const own = kept.filter((index) => parts[index] === part);
    if (own.length === 0) return null;
    return {
      images: {
        kind: "encoded",
        places: { folder: path, names: Array.from(own, (index) => names[index] as string) },
        sizes: sizesOf(inspection, own),
        channels,
        background,
      },
      labels: Uint16Array.from(own, (index) => labels[index] as number),
    };
  };
  const train = partOf("train");
  if (train === null) throw new InputError(`${path}: all training images are broken`);
  const used = Array.from(kept, (index) => names[index] as string);
  const contents = contentsOf(
    used.map((name) => join(path, name)),
    used,
  );
  return {
    classNames,
    train,
    validation: partOf("validation"),
    test: partOf("test"),
    fingerprint: [contents, channels, background.join()].join(" "),
    broken: [...inspection.broken.values()],
    otherFiles: listing.others,
  };
}

const MOST_DEPTH = 8;

/** Images and other files, at any depth. Hidden files are left out, and folders that are links are not followed. */
function filesBelow(folder: string, name: string, depth: number): { images: string[]; others: number } {
  const images: string[] = [];
  let others = 0;
  for (const entry of entriesIn(folder)) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) {
      if (depth === MOST_DEPTH)
        throw new InputError(
          `${folder}: more than ${MOST_DEPTH} folders inside each other in the folder of a class`,
        );
      const inner = filesBelow(join(folder, entry.name), join(name, entry.name), depth + 1);
      for (const image of inner.images) images.push(image);
      others += inner.others;
    } else if (EXTENSION.test(entry.name) && isFile(join(folder, entry.name), entry.isFile()))
      images.push(join(name, entry.name));
    else others++;
  }
  return { images, others };
}

function isFile(path: string, isKnown: boolean): boolean {
  if (isKnown) return true;
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The names of the visible folders in a folder, including links to folders outside it. */
function foldersIn(folder: string): string[] {
  if (statOrNull(folder)?.isDirectory() === false) throw new InputError(`${folder} is not a folder`);
  return entriesIn(folder)
    .filter((entry) => {
      if (entry.name.startsWith(".")) return false;
      if (entry.isDirectory()) return true;
      return entry.isSymbolicLink() && isOtherFolder(join(folder, entry.name), folder);
    })
    .map(({ name }) => name);
}

/** A link to a folder that does not contain the link, which would go round in circles. */
function isOtherFolder(link: string, folder: string): boolean {
  try {
    const inside = (path: string) => `${realpathSync(path)}${sep}`;
    return statSync(link).isDirectory() && !inside(folder).startsWith(inside(link));
  } catch {
    return false;
  }
}
