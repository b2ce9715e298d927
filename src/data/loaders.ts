// Threads that load images while the engine is busy, because running a step blocks the thread that it runs in.

import { Worker } from "node:worker_threads";
import { InputError } from "../diagnostic.js";
import { type Draw, type SplitImages, type SplitLoader, splitLoader } from "./split.js";

/** What a thread is asked for. */
export interface LoadRequest {
  readonly id: number;
  readonly split: number;
  readonly indices: Uint32Array;
  readonly draw: Draw;
  readonly spare: Float32Array | undefined;
}

export type LoadReply =
  | { readonly id: number; readonly images: Float32Array }
  /** `isExpected`: whether the error is an InputError. */
  | { readonly id: number; readonly message: string; readonly isExpected: boolean };

export interface Loaders {
  /** How many batches should be asked for in advance. */
  readonly ahead: number;
  /** One for each split. */
  readonly splits: readonly SplitLoader["load"][];
  /** Ends all threads. */
  close(): void;
}

/** `threads`: 0 to load images in the calling thread, when they are asked for. */
export function loadersFor(splits: readonly SplitImages[], threads: number): Loaders {
  if (threads === 0) {
    const own = splits.map(splitLoader);
    return {
      ahead: 0,
      splits: own.map(({ load }) => load),
      close: () => {
        for (const { close } of own) close();
      },
    };
  }
  const workers = Array.from({ length: threads }, () => startThread(splits));
  let next = 0;
  return {
    ahead: BATCHES_AHEAD * threads,
    splits: splits.map((_, split) => (indices, draw, spare) => {
      const worker = workers[next % threads] as Thread;
      next++;
      return worker.load({ split, indices, draw, spare });
    }),
    close: () => {
      for (const { close } of workers) close();
    },
  };
}

/** Per thread: one that is ready, and one that is being made. */
const BATCHES_AHEAD = 2;

const THREAD = new URL("loader-thread.js", import.meta.url);

interface Thread {
  load(request: Omit<LoadRequest, "id">): Promise<Float32Array>;
  close(): void;
}

interface Waiting {
  resolve(images: Float32Array): void;
  reject(error: Error): void;
}

function startThread(splits: readonly SplitImages[]): Thread {
  const worker = new Worker(THREAD, { workerData: splits });
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  let ended: Error | null = null;
  const settle = (id: number, action: (one: Waiting) => void) => {
    const one = waiting.get(id);
    waiting.delete(id);
    // A thread that nobody waits for must not keep the process alive.
    if (waiting.size === 0) worker.unref();
    if (one) action(one);
  };
  const failAll = (error: Error) => {
    ended = error;
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(error));
  };
  worker.on("message", (reply: LoadReply) =>
    settle(reply.id, ({ resolve, reject }) => {
      if ("images" in reply) resolve(reply.images);
      else reject(reply.isExpected ? new InputError(reply.message) : new Error(reply.message));
    }),
  );
  worker.on("error", failAll);
  worker.on("exit", () => failAll(ended ?? new Error("a thread that loads images has ended")));
  // After the listeners, because to listen is to wait.
  worker.unref();
  return {
    load: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(ended);
          return;
        }
        const id = ids++;
        waiting.set(id, { resolve, reject });
        worker.ref();
        const transferred = request.spare ? [request.spare.buffer as ArrayBuffer] : [];
        worker.postMessage({ id, ...request } satisfies LoadRequest, transferred);
      }),
    close: () => void worker.terminate(),
  };
}
