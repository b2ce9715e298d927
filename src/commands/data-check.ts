// squeezebox data check: reads every image of a dataset, and lists those that are broken.

import { PARTS } from "../analysis/dataset-overview.js";
import { dividedDataset } from "../data/dataset.js";
import { eachImage } from "../data/prepare.js";
import { watchData } from "./data-progress.js";
import { datasetAt } from "./data-source.js";
import { print, printError, printJson } from "./output.js";

/** Exit code 0, or 2 if something is broken. */
export async function dataCheck(path: string, { json }: { json: boolean }): Promise<number> {
  const { spec } = datasetAt(path);
  const view = watchData(json);
  const thorough = "broken" in spec ? { ...spec, broken: "skip" as const } : spec;
  const { raw, partition } = await dividedDataset(thorough, view.progressed).finally(view.close);
  const counted = { images: 0 };
  for (const part of PARTS)
    await eachImage(
      { ...partition[part], fixed: [] },
      `reading ${part} images`,
      { onProgress: view.progressed },
      () => {
        counted.images++;
      },
    ).finally(view.close);
  if (json) printJson({ ...counted, broken: raw.broken });
  else {
    for (const message of raw.broken) printError(message);
    print(
      `${counted.images} images can be read${raw.broken.length > 0 ? `, ${raw.broken.length} are broken` : ""}`,
    );
  }
  return raw.broken.length > 0 ? 2 : 0;
}
