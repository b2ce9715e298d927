// The description of a dataset -> its splits as a network sees them.

import { createHash } from "node:crypto";
import { canonical } from "../canonical.js";
import type { DatasetSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { cachedTable } from "./cache.js";
import type { RawDataset } from "./images.js";
import { loadersFor } from "./loaders.js";
import { checkDeclared, declaredNormalisation, type Normalisation } from "./normalisation.js";
import { checkCounts, type Partition, type PartitionSpec, partitionOf, type Selection } from "./partition.js";
import { type Prepared, prepare, statisticsOf } from "./prepare.js";
import type { OnProgress } from "./progress.js";
import { commonShape, transformedShape } from "./shapes.js";
import { manifestOf } from "./sources/manifest.js";
import type { Source } from "./sources/source.js";
import { SOURCES } from "./sources/sources.js";
import type { Split } from "./split.js";

export interface Dataset {
  /** The shape of the images after their transforms. */
  readonly shape: Shape;
  readonly classes: number;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
  /** Normalises all splits. By default computed from the training images after those transforms that are not random. */
  readonly normalisation: Normalisation;
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split;
  /** Identifies the images and labels of the three splits, the transforms of test images, and the normalisation. */
  readonly fingerprint: string;
  /** Identifies the images and labels of the test split alone. */
  readonly testFingerprint: string;
  /** Ends the threads that load images. */
  close(): void;
}

export interface LoadOptions {
  /** The number of threads that load images. */
  readonly loaders: number;
  readonly onProgress: OnProgress;
}

/** What a plan needs to know of a dataset. */
export interface DatasetFacts {
  readonly shape: Shape;
  readonly classes: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly fingerprint: string;
}

/**
 * Returns the shape of the images after their transforms and the number of classes, or null if they are not known before the
 * images are looked at. Throws the same InputError as loading if files are missing or damaged, or if the numbers of images or
 * transforms do not fit.
 */
export function describeDataset(spec: DatasetSpec): { shape: Shape; classes: number } | null {
  const known = sourceOf(spec).describe(spec);
  if (known === null) return null;
  const { shape, classes, images } = known;
  const wanted = partitionSpecOf(spec);
  if (images !== null) checkCounts(wanted, images);
  const after = commonShape([shape], [shape], spec.transforms);
  checkDeclared(spec.normalize, after.channels);
  return {
    shape: after,
    classes: wanted.classes === "all" ? classes : wanted.classes.length,
  };
}

/** Reads a dataset only if its files have changed since its facts were last asked for. Throws InputError. */
export async function factsOfDataset(spec: DatasetSpec, onProgress: OnProgress): Promise<DatasetFacts> {
  const find = async () => {
    const { partition, shape, fingerprint } = await openDataset(spec, onProgress);
    const { classNames, train, test } = partition;
    const [trainImages, testImages] = [train.indices.length, test.indices.length];
    return { shape, classes: classNames.length, trainImages, testImages, fingerprint };
  };
  const files = sourceOf(spec).files(spec);
  return files === null || !usesCache(spec) ? find() : cachedTable(["facts", spec, manifestOf(files)], find);
}

/** Opens and divides a dataset. Throws InputError if files are missing or damaged, or if the description does not fit them. */
export async function loadDataset(
  spec: DatasetSpec,
  { loaders, onProgress }: LoadOptions = { loaders: 0, onProgress: () => {} },
): Promise<Dataset> {
  const { raw, partition, shape, fingerprint } = await openDataset(spec, onProgress);
  const testFingerprint = testFingerprintOf({ raw, partition });
  const { classNames } = partition;
  const options = { fingerprint: raw.fingerprint, usesCache: usesCache(spec), onProgress };
  const prepared = {
    train: await prepare(partition.train, spec.transforms.train, options),
    validation: await prepare(partition.validation, spec.transforms.test, options),
    test: await prepare(partition.test, spec.transforms.test, options),
  };
  const normalisation =
    spec.normalize === "dataset"
      ? await statisticsOf(partition.train, spec.transforms.train, { ...options, prepared: prepared.train })
      : declaredNormalisation(spec.normalize, shape.channels);
  const parts = [prepared.train, prepared.validation, prepared.test];
  const { splits, ahead, close } = loadersFor(
    parts.map(({ labels: _, ...images }) => ({ ...images, normalisation, shape })),
    isWorthThreads(parts) ? loaders : 0,
  );
  const [train, validation, test] = parts.map(
    ({ labels }: Prepared, index): Split => ({
      count: labels.length,
      classes: classNames.length,
      shape,
      labels,
      ahead,
      load: splits[index] as Split["load"],
    }),
  ) as [Split, Split, Split];
  const classes = classNames.length;
  return {
    shape,
    classes,
    classNames,
    normalisation,
    train,
    validation,
    test,
    fingerprint,
    testFingerprint,
    close,
  };
}

/**
 * Decodes and keeps what several runs would each have to do, or wait for. Does nothing for datasets whose images are not
 * decoded. Throws InputError.
 */
export async function prepareDataset(spec: DatasetSpec, onProgress: OnProgress): Promise<void> {
  if (sourceOf(spec).describe(spec) !== null || !usesCache(spec)) return;
  const { close } = await loadDataset(spec, { loaders: 0, onProgress });
  close();
}

/** A dataset and its parts, before any transform. */
export interface OpenDataset {
  readonly raw: RawDataset;
  readonly partition: Partition;
}

/** Opens a dataset and divides it, without reading more images than that takes. Throws InputError. */
export async function dividedDataset(spec: DatasetSpec, onProgress: OnProgress): Promise<OpenDataset> {
  const raw = await sourceOf(spec).open(spec, onProgress);
  return { raw, partition: partitionOf(raw, partitionSpecOf(spec)) };
}

async function openDataset(
  spec: DatasetSpec,
  onProgress: OnProgress,
): Promise<OpenDataset & { shape: Shape; fingerprint: string }> {
  const { raw, partition } = await dividedDataset(spec, onProgress);
  const shape = transformedShape(partition, spec.transforms);
  checkDeclared(spec.normalize, shape.channels);
  return { raw, partition, shape, fingerprint: fingerprintOf(spec, raw, partition) };
}

/** Bytes in memory that only have to be normalised are ready faster than a thread can be asked for them. */
function isWorthThreads(parts: readonly Prepared[]): boolean {
  return parts.some(({ images, transforms }) => images.kind !== "memory" || transforms.length > 0);
}

function sourceOf({ name }: DatasetSpec): Source<DatasetSpec> {
  return SOURCES[name];
}

function usesCache(spec: DatasetSpec): boolean {
  return "cache" in spec && spec.cache === "on";
}

/** A dataset that is generated with all its parts is used as a whole. */
const WHOLE: Omit<PartitionSpec, "validation"> = {
  test: 0,
  train: "all",
  classes: "all",
  labelNoise: 0,
  imbalance: 1,
  split: 0,
};

function partitionSpecOf(spec: DatasetSpec): PartitionSpec {
  const { validation } = spec;
  return spec.name === "synthetic" ? { ...WHOLE, validation } : { ...WHOLE, ...spec };
}

/** The same for two datasets if and only if they are tested on the same images in the same order. */
export function testFingerprintOf({ raw: { fingerprint }, partition: { test } }: OpenDataset): string {
  return createHash("sha256")
    .update(canonical([fingerprint, test.part, hashOf(test)]))
    .digest("hex");
}

function hashOf({ indices, labels }: Selection): string {
  return createHash("sha256").update(indices).update(labels).digest("hex");
}

function fingerprintOf(
  { transforms, normalize }: DatasetSpec,
  { fingerprint }: RawDataset,
  { classNames, train, validation, test }: Partition,
): string {
  return createHash("sha256")
    .update(canonical([fingerprint, classNames, hashOf(train), hashOf(validation), hashOf(test)]))
    .update(canonical([transforms.test, normalize]))
    .digest("hex");
}
