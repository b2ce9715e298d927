// A process that starts threads that load images, and never closes them: `all` asks for all batches, `idle` for none, and `early`
// leaves an iteration while batches are being loaded that will fail.

import { batchesOf, loadBatches } from "../../src/data/batches.js";
import { loadersFor } from "../../src/data/loaders.js";
import { FIXED, type Split } from "../../src/data/split.js";
import { numbered } from "./numbered.js";

const COUNT = 64;
const how = process.argv[2] as "all" | "idle" | "early";
const images = numbered(COUNT);
// Only the first eight of these images exist.
const missing = { ...images, indices: images.indices.map((index) => index + COUNT - 8) };
const { splits, ahead } = loadersFor([how === "early" ? missing : images], 2);
const split: Split = {
  ...{ count: COUNT, classes: 2, shape: images.shape, labels: new Uint16Array(COUNT), ahead },
  load: splits[0] as Split["load"],
};
const order = Uint32Array.from(images.indices.keys());
const pass = { order, batches: how === "idle" ? [] : batchesOf(COUNT, 8), classes: 2, draw: FIXED };
for await (const { images: pixels } of loadBatches(split, pass)) {
  process.stdout.write(`${pixels[0]} `);
  if (how === "early") break;
}
