// The orders of a sweep: what its command asks of its workers, in a file, so that they may be on other machines and start later.

import { closeSync, existsSync, fstatSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../../config/experiment.js";
import { InputError } from "../../diagnostic.js";
import { readAgain, writeWhole } from "../../records/files.js";
import { isInside } from "../../records/run-folder.js";
import type { EngineOptions } from "../../runtime/devices.js";
import type { SeedPlan } from "../seeds/seed-plan.js";

/** The folder inside that of a sweep by which its command and its workers communicate. It holds no results. */
export function workFolder(sweepFolder: string): string {
  return join(sweepFolder, ".work");
}

/** One run to train. */
export interface RunOrder {
  /** `<variant>/seed-<n>` */
  readonly name: string;
  readonly fingerprint: string;
  readonly experiment: Experiment;
}

/** How all runs are trained. */
export interface HowToTrain extends EngineOptions {
  readonly tensorboard: boolean;
  readonly predictions: boolean;
  /** The number of threads that load images. */
  readonly loaders: number;
}

export interface Orders {
  readonly how: HowToTrain;
  /** In the order in which they should be trained; no two are the same run. */
  readonly runs: readonly RunOrder[];
  /** By which workers know which of the runs are needed; null if all are. */
  readonly plan: SeedPlan | null;
}

export function writeOrders(sweepFolder: string, orders: Orders): void {
  writeWhole(fileIn(sweepFolder), JSON.stringify(orders));
}

/** Null if there are none. Throws InputError if the file is damaged; whether an order fits its fingerprint is checked when it is trained. */
export function readOrders(sweepFolder: string): Orders | null {
  const file = fileIn(sweepFolder);
  const found = readAgain(file);
  if (found === null) return null;
  try {
    const { how, runs, plan } = JSON.parse(found.text) as Orders;
    if (runs.every(isOrder) && typeof how.backend === "string" && isPlan(plan)) return { how, runs, plan };
  } catch {}
  throw new InputError(`${file} is damaged; start the sweep again`);
}

/** Returns a function that returns the present orders, and reads them only if they have changed. */
export function ordersReader(sweepFolder: string): () => Orders | null {
  let known: { readonly version: string; readonly orders: Orders | null } | null = null;
  return () => {
    const version = versionOf(fileIn(sweepFolder));
    if (known?.version !== version) known = { version, orders: readOrders(sweepFolder) };
    return known.orders;
  };
}

/** Opening a file makes NFS ask the server. */
function versionOf(file: string): string {
  try {
    const descriptor = openSync(file, "r");
    const { ino, mtimeMs, size } = fstatSync(descriptor);
    closeSync(descriptor);
    return [ino, mtimeMs, size].join(" ");
  } catch {
    return "none";
  }
}

/** Tells workers that nothing is left for them, and commands that follow them that nothing more will come. */
export function removeOrders(sweepFolder: string): void {
  rmSync(fileIn(sweepFolder), { force: true });
}

/** What a launcher keeps in a folder of its own inside the work folder while it has workers elsewhere. */
export const JOBS = "jobs.json";

/** Whether workers have been started elsewhere. */
export function hasOtherWork(sweepFolder: string): boolean {
  const folder = workFolder(sweepFolder);
  return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, JOBS)));
}

/** Removes everything in the work folder of a sweep on which nobody works. */
export function removeWork(sweepFolder: string): void {
  try {
    rmSync(workFolder(sweepFolder), { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // A file server keeps the output of a job that is just ending; the next command removes it.
  }
}

function fileIn(sweepFolder: string): string {
  return join(workFolder(sweepFolder), "orders.json");
}

function isPlan(plan: SeedPlan | null): boolean {
  const runs = plan === null ? [] : [...plan.baseline, ...plan.compared.flatMap((one) => one.runs)];
  return (
    runs.every(({ name }) => isInside(name)) && (plan === null || typeof plan.question.atMost === "number")
  );
}

function isOrder({ name, fingerprint, experiment }: RunOrder): boolean {
  return isInside(name) && /^[0-9a-f]{32}$/.test(fingerprint) && typeof experiment === "object";
}
