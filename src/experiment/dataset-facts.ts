// An experiment's dataset -> what is known about it, with or without reading the images.

import { canonical } from "../canonical.js";
import type { DatasetSpec } from "../config/experiment.js";
import type { Located } from "../config/source.js";
import { type Dataset, describeDataset, loadDataset } from "../data/dataset.js";
import { DatasetError } from "../data/dataset-error.js";
import { collect, DiagnosticError } from "../diagnostic.js";
import type { NetworkInput } from "../network/build-network.js";
import type { CheckedExperiment } from "./checked-experiment.js";

export interface DatasetFacts extends NetworkInput {
  readonly trainImages: number;
  readonly testImages: number;
  readonly fingerprint: string;
}

/** Equal datasets are only described once. Throws InputError if data are missing, DiagnosticError for mistakes in the file. */
export type FactsOf = (checked: CheckedExperiment) => Promise<DatasetFacts>;

/** Facts from the images themselves. Each dataset is loaded once. */
export function loadedFacts(): FactsOf {
  return remember(async (dataset) => {
    const { shape, classes, train, test, fingerprint } = await loadDataset(dataset);
    return { shape, classes, trainImages: train.count, testImages: test.count, fingerprint };
  });
}

/** Facts without reading the images: no counts, and a fingerprint of the description only. */
export function describedFacts(): FactsOf {
  return remember(async (dataset) => ({
    ...describeDataset(dataset),
    trainImages: 0,
    testImages: 0,
    fingerprint: canonical(dataset),
  }));
}

/** The input of an experiment's network. Throws InputError if data are missing, DiagnosticError for mistakes in the file. */
export function inputOf({ experiment, located }: CheckedExperiment): NetworkInput {
  try {
    return describeDataset(experiment.dataset);
  } catch (error) {
    throw locate(error, located);
  }
}

/** The images. Throws InputError if data are missing or damaged, DiagnosticError for mistakes in the file. */
export function datasetOf({ experiment, located }: CheckedExperiment): Promise<Dataset> {
  return loadDataset(experiment.dataset).catch((error: unknown) => {
    throw locate(error, located);
  });
}

function locate(error: unknown, located: Located): unknown {
  if (!(error instanceof DatasetError)) return error;
  const { code, message, path } = error;
  return new DiagnosticError(collect(located, (report) => report(code, message, ["dataset", ...path])));
}

function remember(facts: (dataset: DatasetSpec) => Promise<DatasetFacts>): FactsOf {
  const known = new Map<string, Promise<DatasetFacts>>();
  return ({ experiment: { dataset }, located }) => {
    const key = canonical(dataset);
    const found = known.get(key) ?? facts(dataset);
    known.set(key, found);
    return found.catch((error: unknown) => {
      throw locate(error, located);
    });
  };
}
