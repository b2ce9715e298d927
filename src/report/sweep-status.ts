// The files of a sweep -> how far it is, wherever its workers are.

import { mostEpochs } from "../config/experiment-spec.js";
import { RUN_STATUSES, type RunStatus } from "../records/run-status.js";
import { type Orders, readOrders } from "../sweep/work/orders.js";
import { epochSeconds, type RunningSign, signsOf } from "../sweep/work/signs.js";
import { type PlannedRun, readSweep } from "./read-sweep.js";

export interface RunStatusNow {
  readonly run: string;
  readonly status: RunStatus | "waiting";
  /** Why it failed or is not needed; otherwise empty. */
  readonly reason: string;
  /** Null if it is not being trained. */
  readonly sign: RunningSign | null;
  /** How long ago a worker gave the last sign about it, in seconds; null if there is none. */
  readonly silentFor: number | null;
}

export interface SweepStatus {
  readonly runs: readonly RunStatusNow[];
  /** How long the runs that are left may take with as many workers as now, in seconds; null if nothing shows that yet. */
  readonly secondsLeft: number | null;
  readonly damaged: readonly string[];
}

/** Throws InputError if the folder is not that of a sweep. */
export function readStatus(folder: string): SweepStatus {
  const { runs: planned, damaged } = readSweep(folder);
  const orders = readOrders(folder);
  const ordered = new Set(orders?.runs.map(({ fingerprint }) => fingerprint));
  const runs = planned.map((run) => statusOf(run, { folder, isOrdered: ordered.has(run.fingerprint ?? "") }));
  return { runs, secondsLeft: secondsLeft(planned, { runs, orders }), damaged };
}

/** `waiting`: there are orders to train it; `pending`: there are none, as after an interrupted sweep. */
function statusOf(
  { run, fingerprint, status, reason }: PlannedRun,
  { folder, isOrdered }: { folder: string; isOrdered: boolean },
): RunStatusNow {
  if (RUN_STATUSES[status].isOver)
    return { run, status, reason: status === "finished" ? "" : reason, sign: null, silentFor: null };
  const sign = status === "running" ? signsOf(folder, fingerprint ?? "").readRunning() : null;
  return {
    ...{ run, sign, reason: "" },
    status: sign ? "running" : isOrdered ? "waiting" : "pending",
    silentFor: sign && Math.max(0, (Date.now() - sign.given) / 1000),
  };
}

interface Measured {
  readonly runs: readonly RunStatusNow[];
  readonly orders: Orders | null;
}

/** From the time that finished runs have taken for each epoch and multiply-accumulate, or that the running ones take. */
function secondsLeft(planned: readonly PlannedRun[], { runs, orders }: Measured): number | null {
  const macsOf = new Map(planned.map(({ run, macs }) => [run, macs]));
  const epochsOf = new Map(
    orders?.runs.map(({ name, experiment }) => [name, mostEpochs(experiment.training)]),
  );
  const running = runs.filter(({ status }) => status === "running");
  const costs = [
    ...planned.flatMap(({ run, macs, result }) => {
      const seconds = result?.seconds ?? Number.NaN;
      return [seconds / (macs * (epochsOf.get(run) ?? Number.NaN))];
    }),
    ...running.flatMap(({ run, sign }) => {
      const seconds = sign?.progress ? epochSeconds(sign.progress) : null;
      return seconds === null ? [] : [seconds / (macsOf.get(run) ?? Number.NaN)];
    }),
  ].filter(Number.isFinite);
  const cost = costs.sort((a, b) => a - b)[Math.floor(costs.length / 2)];
  if (cost === undefined || running.length === 0) return null;
  const left = runs
    .filter(({ status }) => status === "running" || status === "waiting")
    .map(
      ({ run, sign }) =>
        (macsOf.get(run) ?? 0) * (epochsOf.get(run) ?? 0) * (1 - (sign?.progress?.done ?? 0)),
    );
  const total = left.reduce((sum, work) => sum + work, 0);
  return cost * Math.max(total / running.length, ...left);
}
