// A thread that loads images: it answers each request with a batch, or with an error.

import { parentPort, workerData } from "node:worker_threads";
import { InputError } from "../diagnostic.js";
import type { LoadReply, LoadRequest } from "./loaders.js";
import { type SplitImages, type SplitLoader, splitLoader } from "./split.js";

const port = parentPort as NonNullable<typeof parentPort>;
const loaders = new Map<number, SplitLoader>();

/** Files are opened when they are first needed, so that an error has a request to answer. */
function loaderOf(split: number): SplitLoader {
  const known =
    loaders.get(split) ?? splitLoader((workerData as readonly SplitImages[])[split] as SplitImages);
  loaders.set(split, known);
  return known;
}

async function answer({ id, split, indices, draw, spare }: LoadRequest): Promise<void> {
  try {
    const images = await loaderOf(split).load(indices, draw, spare);
    port.postMessage({ id, images } satisfies LoadReply, [images.buffer as ArrayBuffer]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, message, isExpected: error instanceof InputError } satisfies LoadReply);
  }
}

// One batch after another, so that the first that was asked for is ready first.
let last = Promise.resolve();
port.on("message", (request: LoadRequest) => {
  last = last.then(() => answer(request));
});
