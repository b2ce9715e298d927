// An experiment's dataset -> what is known of it, with or without reading the images.

import type { DatasetSpec, Experiment } from "../config/experiment.js";
import type { Located } from "../config/source.js";
import { describeDataset, loadDataset } from "../data/dataset.js";
import { SplitError } from "../data/splits.js";
import { collect, DiagnosticError, InputError } from "../diagnostic.js";
import type { NetworkInput } from "../network/build-network.js";
import { canonical } from "./fingerprint.js";

/** `trainImages` is 0 or absent if the images have not been read. */
export type ExperimentInput = NetworkInput & { readonly trainImages?: number };

export interface DatasetFacts extends NetworkInput {
  readonly trainImages: number;
  readonly testImages: number;
  readonly fingerprint: string;
}

/** Asked once for each different dataset. */
export type FactsOf = (experiment: Experiment) => Promise<DatasetFacts>;

/** The facts that only the images themselves tell; each dataset is loaded once. */
export function loadedFacts(): FactsOf {
  return remember(async ({ dataset }) => {
    const { shape, classes, train, test, fingerprint } = await loadDataset(dataset);
    return { shape, classes, trainImages: train.count, testImages: test.count, fingerprint };
  });
}

/** Facts without reading the images: no counts, and a fingerprint of the description only. */
export function describedFacts(): FactsOf {
  return remember(async ({ dataset }) => ({
    ...describeDataset(dataset),
    trainImages: 0,
    testImages: 0,
    fingerprint: canonical(dataset),
  }));
}

/** What a network is given; null if the data are not there. */
export function describedInput(dataset: DatasetSpec): NetworkInput | null {
  try {
    return describeDataset(dataset);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** What to throw for an error of reading a dataset: a diagnostic if it is a mistake in the file. */
export function locateSplit(error: unknown, located: Located): unknown {
  if (!(error instanceof SplitError)) return error;
  const { message, key } = error;
  return new DiagnosticError(
    collect(located, (report) => report("too-few-images", message, ["dataset", key])),
  );
}

function remember(facts: FactsOf): FactsOf {
  const known = new Map<string, Promise<DatasetFacts>>();
  return (experiment) => {
    const key = canonical(experiment.dataset);
    const found = known.get(key) ?? facts(experiment);
    known.set(key, found);
    return found;
  };
}
