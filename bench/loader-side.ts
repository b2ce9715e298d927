// One process that loads batches as training does: for each line of its input, one pass -> a line of JSON.
// Arguments: the dataset (JSON, as in an experiment), loader threads, images in a batch.

import { createInterface } from "node:readline";
import { batchesOf, loadBatches } from "../src/data/batches.js";
import { loadDataset } from "../src/data/dataset.js";
import { augmentation } from "../src/data/split.js";
import { permutation, randomStream } from "../src/random.js";
import { experimentFrom } from "./experiment.js";

export interface LoaderRound {
  readonly imagesPerSecond: number;
  /** Processor time of all threads or processes. */
  readonly cpuMsPerImage: number;
}

const [dataset = "", loaders = "1", size = "32"] = process.argv.slice(2);
const { experiment } = experimentFrom({ dataset: JSON.parse(dataset) });
const { train, classes } = await loadDataset(experiment.dataset, {
  loaders: Number(loaders),
  onProgress: () => {},
});
let epoch = 0;
for await (const _ of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await onePass(++epoch))}\n`);
process.exit();

async function onePass(epoch: number): Promise<LoaderRound> {
  const order = permutation(train.count, randomStream("shuffle", 1, epoch));
  const pass = {
    order,
    batches: batchesOf(train.count, Number(size)),
    classes,
    draw: augmentation(1, epoch),
  };
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let images = 0;
  for await (const batch of loadBatches(train, pass)) images += batch.count;
  const { user, system } = process.cpuUsage(cpu);
  return {
    imagesPerSecond: images / ((performance.now() - start) / 1000),
    cpuMsPerImage: (user + system) / 1000 / images,
  };
}
