// squeezebox worker: trains runs of a sweep that another command has planned, until none is left. Launchers start it, and people may,
// on any machine that sees the files.

import { hostname } from "node:os";
import { InputError } from "../diagnostic.js";
import { LEASE_MS } from "../records/lock-holder.js";
import { gpusFor } from "../runtime/gpus.js";
import { ownJob, requeueOwnJob } from "../sweep/launch/slurm-jobs.js";
import { readOrders } from "../sweep/work/orders.js";
import { type WorkerEnd, work } from "../sweep/work/worker.js";
import { print, printJson } from "./output.js";

export interface WorkerFlags {
  readonly requeue: number;
  readonly time?: number;
  readonly json: boolean;
}

/** A file server need not be asked more often. */
const SIGN_EVERY_MS = 2000;
/** The exit code after SIGTERM, by which Slurm and other systems know that it was obeyed. */
const TERMINATED = 143;

export async function worker(folder: string, { requeue, time, json }: WorkerFlags): Promise<number> {
  const deadline = time === undefined ? Number.POSITIVE_INFINITY : performance.now() + 1000 * time;
  const orders = readOrders(folder);
  if (orders === null)
    throw new InputError(`${folder} has no runs for workers; \`squeezebox sweep\` plans them`);
  const stopped = new AbortController();
  const closing = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stopped.abort());
  process.on("SIGUSR2", () => closing.abort());
  const gpus = gpusFor(orders.how);
  const environments =
    gpus.length > 1 ? gpus.map((CUDA_VISIBLE_DEVICES) => ({ CUDA_VISIBLE_DEVICES })) : [{}];
  const ends = await Promise.all(
    environments.map((own) =>
      work({
        folder,
        name: ownName(),
        environment: { ...process.env, ...own },
        signEvery: SIGN_EVERY_MS,
        // By then it is known whether another machine is dead.
        patience: LEASE_MS + SIGN_EVERY_MS,
        stopped: stopped.signal,
        closing: closing.signal,
        deadline,
        onEvent: (text) => {
          if (!json) print(`${new Date().toISOString()} ${text}`);
        },
      }),
    ),
  );
  const end = ends.find((one) => one !== "nothing left") ?? "nothing left";
  if (json) printJson({ end });
  else print(END_WORDS[end]);
  if (end === "closed" && (await requeueOwnJob(requeue))) print("back in the queue");
  return end === "stopped" ? TERMINATED : 0;
}

const END_WORDS: Readonly<Record<WorkerEnd, string>> = {
  "nothing left": "nothing is left to train",
  closed: "ended early: its time is almost up, or it was asked to",
  stopped: "stopped; finished epochs are kept",
};

/** By job if it is one, since that is how people look for it. */
function ownName(): string {
  const job = ownJob();
  return `${job === undefined ? `process ${process.pid}` : `job ${job}`} on ${hostname()}`;
}
