// An experiment's dataset -> what is known about it, with or without reading the images.

import { canonical } from "../canonical.js";
import type { DatasetSpec } from "../config/experiment.js";
import type { Located } from "../config/source.js";
import {
  type Dataset,
  type DatasetFacts,
  describeDataset,
  factsOfDataset,
  type LoadOptions,
  loadDataset,
} from "../data/dataset.js";
import { DatasetError } from "../data/dataset-error.js";
import type { OnProgress } from "../data/progress.js";
import { collect, DiagnosticError } from "../diagnostic.js";
import type { NetworkInput } from "../network/build-network.js";
import type { CheckedExperiment } from "./checked-experiment.js";

export type { DatasetFacts };

/** Equal datasets are only described once. Throws InputError if data are missing, DiagnosticError for mistakes in the file. */
export type FactsOf = (checked: CheckedExperiment) => Promise<DatasetFacts>;

/** Facts from the images themselves, or from the cache. Each dataset is opened once. */
export function loadedFacts(onProgress: OnProgress): FactsOf {
  return remember((dataset) => factsOfDataset(dataset, onProgress));
}

/** Facts without reading the images, if that is possible: no counts, and a fingerprint of the description only. */
export function describedFacts(onProgress: OnProgress): FactsOf {
  return remember(async (dataset) => {
    const described = describeDataset(dataset);
    if (described === null) return factsOfDataset(dataset, onProgress);
    return { ...described, trainImages: 0, testImages: 0, fingerprint: canonical(dataset) };
  });
}

/**
 * The input of an experiment's network; null if it is not known before the images are looked at. Throws InputError if data are
 * missing, DiagnosticError for mistakes in the file.
 */
export function inputOf({ experiment, located }: CheckedExperiment): NetworkInput | null {
  try {
    return describeDataset(experiment.dataset);
  } catch (error) {
    throw locate(error, located);
  }
}

/** The images. Throws InputError if data are missing or damaged, DiagnosticError for mistakes in the file. */
export function datasetOf(
  { experiment, located }: CheckedExperiment,
  options: LoadOptions,
): Promise<Dataset> {
  return loadDataset(experiment.dataset, options).catch((error: unknown) => {
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
