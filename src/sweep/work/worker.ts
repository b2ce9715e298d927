// A worker: takes the next run that nobody trains, until none is left. What it does not finish, another one continues.

import { setTimeout as sleep } from "node:timers/promises";
import { epochsIn, removeRunLeftovers, runFolder } from "../../records/run-folder.js";
import type { RunState } from "../../records/run-status.js";
import type { RunProgress } from "../../training/run-options.js";
import { type NeedsReader, needsReader } from "./needs.js";
import { type Orders, ordersReader } from "./orders.js";
import { epochSeconds, type RunningSign, signsIn, signsOf } from "./signs.js";
import { type Taken, takeNext } from "./take.js";
import { startTrainer, type Trainer } from "./trainer.js";

export interface WorkerOptions {
  /** The folder of the sweep. */
  readonly folder: string;
  /** As people know it: `process 1234 on node7`. */
  readonly name: string;
  /** Of the process that trains. */
  readonly environment: NodeJS.ProcessEnv;
  /** The shortest time between two signs about a run, in milliseconds. */
  readonly signEvery: number;
  /** How long to wait, in milliseconds, while others train all that is left, in case one of them is dead. */
  readonly patience: number;
  /** Ends the worker at once. Finished epochs are kept. */
  readonly stopped: AbortSignal;
  /** Ends the worker after the epoch it is in: its time is almost up. */
  readonly closing: AbortSignal;
  /** When the worker will be ended, as a time of `performance.now()`; infinite if it will not. */
  readonly deadline: number;
  /** Called when a run begins and ends. */
  readonly onEvent?: (text: string) => void;
}

/** `closed` and `stopped`: on request, perhaps with runs left. */
export type WorkerEnd = "nothing left" | "closed" | "stopped";

/** Rejects if signs cannot be written. A run that fails is a sign. */
export async function work(options: WorkerOptions): Promise<WorkerEnd> {
  const { folder, name, stopped, closing, patience } = options;
  const trainer = startTrainer(options.environment);
  const currentOrders = ordersReader(folder);
  const readNeeds = needsReader(folder);
  let waitedSince: number | null = null;
  let epochMs = 0;
  try {
    for (let isFirst = true; ; ) {
      if (stopped.aborted) return "stopped";
      // It may be told so as soon as it starts, if its time is short.
      if (closing.aborted && !isFirst) return "closed";
      // Another run could not finish an epoch.
      if (performance.now() + epochMs > options.deadline) return "closed";
      // The command may have written other orders in the meantime.
      const orders = currentOrders();
      const taken = orders && takeNext(folder, orders, { worker: name, readNeeds });
      if (!orders || !taken) return "nothing left";
      if (taken === "held") {
        if (closing.aborted) return "closed";
        waitedSince ??= performance.now();
        if (performance.now() - waitedSince >= patience) return "nothing left";
        await sleep(LOOK_AGAIN_MS, undefined, { signal: AbortSignal.any([stopped, closing]) }).catch(
          () => {},
        );
        continue;
      }
      epochMs = await trainTaken(taken, { orders, trainer, readNeeds, isFirst, options });
      [isFirst, waitedSince] = [false, null];
    }
  } finally {
    trainer.close();
  }
}

const LOOK_AGAIN_MS = 2000;
/** So often in a row may workers end without having finished an epoch of a run, before it counts as failed. */
const MOST_ATTEMPTS = 3;
/** How long an epoch may take to its end once the worker is to close, in milliseconds; Slurm ends it after 120 s (launch/slurm-script.ts). */
const CLOSING_MS = 90_000;

interface Parts {
  readonly orders: Orders;
  readonly trainer: Trainer;
  readonly readNeeds: NeedsReader;
  /** Whether this is the worker's first run, which could use all of its time. */
  readonly isFirst: boolean;
  readonly options: WorkerOptions;
}

/** Returns how long an epoch took, in milliseconds; 0 if that is not known. */
async function trainTaken({ order, path, lock }: Taken, parts: Parts): Promise<number> {
  const { folder, name: worker, signEvery, stopped, closing, onEvent = () => {} } = parts.options;
  const signs = signsOf(folder, order.fingerprint);
  const ended = new AbortController();
  try {
    removeRunLeftovers(runFolder(path));
    const after = epochsIn(path);
    const before = signs.readRunning();
    const attempt = before?.after === after ? before.attempt + 1 : 1;
    if (attempt > MOST_ATTEMPTS) {
      const reason = `${MOST_ATTEMPTS} workers in a row ended before they had finished epoch ${after + 1} of it; the last was ${before?.worker}`;
      signs.failed({ worker, reason });
      return 0;
    }
    onEvent(`${order.name} ${after > 0 ? `continues after epoch ${after}` : "starts"}`);
    const sign: RunningSign = { worker, after, attempt, progress: null };
    signs.running(sign);
    const watch = watchEpochs({ signal: ended.signal, closing, stop: parts.trainer.stop });
    const stop = () => parts.trainer.stop();
    for (const signal of [stopped, lock.lost])
      signal.addEventListener("abort", stop, { signal: ended.signal });
    const isDue = throttled(signEvery);
    const { orders, readNeeds } = parts;
    const isUnneeded = () =>
      orders.plan !== null && readNeeds(orders.plan, signsIn(folder)).unneeded.has(order.fingerprint);
    let epochMs = 0;
    /** Why a sign could not be given, such as a full disk. */
    let unwritten: unknown = null;
    const trainOrder = { ...orders.how, experiment: order.experiment, fingerprint: order.fingerprint };
    const state = await parts.trainer.train({ ...trainOrder, folder: path }, (progress) => {
      watch(progress);
      epochMs = 1000 * (epochSeconds(progress) ?? 0);
      if (!isDue(progress) || unwritten !== null) return;
      try {
        signs.running({ ...sign, progress });
        if (isUnneeded()) stop();
      } catch (error) {
        unwritten = error;
        stop();
      }
    });
    if (unwritten !== null) throw unwritten;
    // Whoever has taken the run over gives the signs about it.
    if (lock.lost.aborted) {
      onEvent(`${order.name} has been taken over by another worker`);
      return epochMs;
    }
    removeRunLeftovers(runFolder(path));
    const isTooSlow = closing.aborted && parts.isFirst && epochsIn(path) === after;
    const end = isTooSlow && state.status === "pending" ? TOO_SLOW : state;
    conclude(signs, worker, end);
    const how =
      end.status !== "pending" ? end.status : isUnneeded() ? "is not needed any more" : "interrupted";
    onEvent(`${order.name} ${how}${end.reason === "" ? "" : `: ${end.reason}`}`);
    return epochMs;
  } finally {
    ended.abort();
    lock.release();
  }
}

/** Whether it is time for another sign. The last step of an epoch shows how good it was, so it is not left out. */
function throttled(every: number): (progress: RunProgress) => boolean {
  const last = { any: Number.NEGATIVE_INFINITY, end: Number.NEGATIVE_INFINITY };
  return ({ step, steps }) => {
    const isEnd = step === steps;
    const now = performance.now();
    if (now - (isEnd ? last.end : last.any) < every) return false;
    last.any = now;
    if (isEnd) last.end = now;
    return true;
  };
}

const TOO_SLOW: RunState = {
  status: "failed",
  reason: "one epoch takes longer than the time limit of a worker (`time` of the launcher)",
};

function conclude(signs: ReturnType<typeof signsOf>, worker: string, { status, reason }: RunState): void {
  if (status === "finished") signs.finished();
  else if (status === "failed") signs.failed({ worker, reason });
  else signs.pending();
}

/** Stops training at the next end of an epoch once the worker is to close, or when there is no more time to wait for it. */
function watchEpochs({
  signal,
  closing,
  stop,
}: {
  signal: AbortSignal;
  closing: AbortSignal;
  stop: () => void;
}): (progress: RunProgress) => void {
  let epoch = 0;
  let closingIn: number | null = null;
  const close = () => {
    closingIn = epoch;
    const timer = setTimeout(stop, CLOSING_MS);
    signal.addEventListener("abort", () => clearTimeout(timer));
  };
  if (closing.aborted) close();
  else closing.addEventListener("abort", close, { signal });
  return (progress) => {
    epoch = progress.epoch;
    if (closingIn !== null && epoch > closingIn) stop();
  };
}
