// The files of a sweep -> how far it is, wherever its workers are.

import { join } from "node:path";
import { readResult } from "../records/run-folder.js";
import type { ResultRow } from "../records/tables.js";
import { type Orders, readOrders } from "../sweep/work/orders.js";
import { type RunningSign, type Signs, signsIn, signsOf } from "../sweep/work/signs.js";
import { type PlannedRun, readSweep } from "./read-sweep.js";

export interface RunStatusNow {
  readonly run: string;
  readonly status: "finished" | "failed" | "running" | "waiting" | "pending";
  /** Why it failed; otherwise empty. */
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
  const signs = signsIn(folder);
  const results = new Map(planned.map(({ run }) => [run, readResult(join(folder, run))]));
  const runs = planned.map((run) =>
    statusOf(run, { folder, signs, orders, result: results.get(run.run) ?? null }),
  );
  return { runs, secondsLeft: secondsLeft(planned, { runs, results, orders }), damaged };
}

interface Found {
  readonly folder: string;
  readonly signs: Signs;
  readonly orders: Orders | null;
  readonly result: ResultRow | null;
}

/** `waiting`: there are orders to train it; `pending`: there are none, as after an interrupted sweep. */
function statusOf(
  { run, fingerprint, status, reason }: PlannedRun,
  { folder, signs, orders, result }: Found,
): RunStatusNow {
  const state = (now: RunStatusNow["status"], why = ""): RunStatusNow => ({
    ...{ run, status: now, reason: why, sign: null, silentFor: null },
  });
  if (result !== null && result.fingerprint === fingerprint) return state("finished");
  if (fingerprint === null) return state("pending");
  const own = signsOf(folder, fingerprint);
  if (signs.failed.has(fingerprint)) return state("failed", own.readFailed()?.reason);
  const sign = signs.running.has(fingerprint) ? own.readRunning() : null;
  if (sign !== null)
    return { ...state("running"), sign, silentFor: Math.max(0, (Date.now() - sign.given) / 1000) };
  if (orders?.runs.some((order) => order.fingerprint === fingerprint)) return state("waiting");
  return status === "failed" ? state("failed", reason) : state("pending");
}

interface Measured {
  readonly runs: readonly RunStatusNow[];
  readonly results: ReadonlyMap<string, ResultRow | null>;
  readonly orders: Orders | null;
}

/** From the time that finished runs have taken for each epoch and multiply-accumulate, or that the running ones take. */
function secondsLeft(planned: readonly PlannedRun[], { runs, results, orders }: Measured): number | null {
  const macsOf = new Map(planned.map(({ run, macs }) => [run, macs]));
  const epochsOf = new Map(orders?.runs.map(({ name, experiment }) => [name, experiment.training.epochs]));
  const running = runs.filter(({ status }) => status === "running");
  const costs = [
    ...[...results.values()].flatMap((row) => (row ? [row.seconds / (row.macs * row.epochs)] : [])),
    ...running.flatMap(({ run, sign }) => {
      const { steps = 0, step = 0, images = 0, imagesPerSecond = 0 } = sign?.progress ?? {};
      const seconds = ((images / step) * steps) / imagesPerSecond;
      return Number.isFinite(seconds) ? [seconds / (macsOf.get(run) ?? Number.NaN)] : [];
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
