// A process that reads every image of the datasets it is asked for, and says how that ended.

import type { DatasetSpec } from "../../src/config/experiment.js";
import { loadDataset } from "../../src/data/dataset.js";
import { InputError } from "../../src/diagnostic.js";
import { imagesOf } from "./read-split.js";
import type { Outcome } from "./untrusted.js";

async function read(spec: DatasetSpec): Promise<Outcome> {
  try {
    const { train, validation, test, close } = await loadDataset(spec);
    for (const split of [train, validation, test]) await imagesOf(split);
    close();
    return { kind: "read" };
  } catch (error) {
    if (error instanceof InputError) return { kind: "refused", message: error.message };
    return { kind: "failed", message: error instanceof Error ? (error.stack as string) : String(error) };
  }
}

process.on("message", async (spec: DatasetSpec) => {
  process.send?.(await read(spec));
});
process.on("disconnect", () => process.exit());
