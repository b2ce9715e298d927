// Workers in this process, each with a process of its own that trains.

import { hostname } from "node:os";
import { work } from "../work/worker.js";
import type { Launcher } from "./launcher.js";

/** So that bars move smoothly. */
const SIGN_EVERY_MS = 200;

/** Each worker sees one of the `gpus` (values of CUDA_VISIBLE_DEVICES), if there are any. */
export function localLauncher(workers: number, gpus: readonly string[]): Launcher {
  const running = new Map<Promise<unknown>, string | undefined>();
  const stopped = new AbortController();
  let broken: { readonly error: unknown } | null = null;
  const startOne = (folder: string) => {
    const gpu = leastUsed(gpus, [...running.values()]);
    const one = work({
      folder,
      name: `process ${process.pid} on ${hostname()}`,
      environment: gpu === undefined ? process.env : { ...process.env, CUDA_VISIBLE_DEVICES: gpu },
      signEvery: SIGN_EVERY_MS,
      patience: 0,
      stopped: stopped.signal,
      closing: NEVER,
      deadline: Number.POSITIVE_INFINITY,
    })
      .catch((error: unknown) => {
        broken ??= { error };
      })
      .finally(() => running.delete(one));
    running.set(one, gpu);
  };
  return {
    workers,
    isAttached: true,
    mostStarts: Number.POSITIVE_INFINITY,
    start: async (folder, more) => {
      for (let started = 0; started < more; started++) startOne(folder);
    },
    state: async () => {
      if (broken !== null) throw broken.error;
      return { waiting: 0, running: running.size, why: "" };
    },
    stop: async () => {
      stopped.abort();
      await Promise.all(running.keys());
    },
    lastWords: () => "",
  };
}

const NEVER = new AbortController().signal;

function leastUsed(gpus: readonly string[], used: readonly (string | undefined)[]): string | undefined {
  const usesOf = (gpu: string) => used.filter((one) => one === gpu).length;
  return gpus.toSorted((a, b) => usesOf(a) - usesOf(b))[0];
}
