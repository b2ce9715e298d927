// A report -> pictures of the test images that variants gain and lose.

import { turnedImages } from "../analysis/turned-images.js";
import type { DatasetSpec } from "../config/experiment-spec.js";
import { DiagnosticError, InputError } from "../diagnostic.js";
import { loadExperiment } from "../experiment/load-experiment.js";
import type { TurnedPicture, TurnedPictures } from "../present/html-report.js";
import { runFolder } from "../records/run-folder.js";
import type { ReportData } from "../report/read-report.js";

/** More would make the page large and would hardly be looked at. */
const MOST_VARIANTS = 6;

/** Of the first variants that gain or lose images. If the dataset is not at hand, says so. */
export async function picturesOf({ evidence, runs }: ReportData): Promise<TurnedPictures> {
  const turned = evidence
    .filter(({ gained, lost }) => (gained?.length ?? 0) + (lost?.length ?? 0) > 0)
    .slice(0, MOST_VARIANTS);
  const pictures = new Map<string, TurnedPicture>();
  for (const { variant, test, gained, lost } of turned) {
    const run = runs.find((one) => one.variant === variant && one.result !== null);
    if (!run || test === null) continue;
    try {
      const [won = null, given = null] = await turnedImages(datasetOf(run.path), test, [
        gained ?? [],
        lost ?? [],
      ]);
      pictures.set(variant, { gained: won, lost: given });
    } catch (error) {
      if (!(error instanceof InputError) && !(error instanceof DiagnosticError)) throw error;
      pictures.set(variant, { problem: error.message.split("\n")[0] ?? "" });
    }
  }
  return pictures;
}

function datasetOf(path: string): DatasetSpec {
  return loadExperiment(runFolder(path).config, []).experiment.dataset;
}
