// Runs -> MLflow's file store, which `mlflow ui --backend-store-uri` opens: an experiment per sweep, a run per run.
// https://mlflow.org/docs/latest/self-hosting/architecture/backend-store/

import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import type { RunStatus } from "../records/run-status.js";
import type { TrackedRun } from "../report/tracked-runs.js";

/** Values of mlflow.entities.RunStatus. */
const STATUSES: Readonly<Record<RunStatus, number>> = {
  running: 1,
  pending: 2,
  finished: 3,
  failed: 4,
  unneeded: 5,
};
/** The value of SourceType.LOCAL. */
const LOCAL = 4;
/** Longer values of parameters are cut off by MLflow's servers. */
const MOST_CHARACTERS = 6000;

/** YAML that MLflow's reader, of YAML 1.1, does not take for a date or a number. */
function yaml(value: unknown): string {
  return stringify(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}

/** Path in the store -> content. `root`: the store's absolute path. The same runs have the same identities each time. */
export function mlflowStore(runs: readonly TrackedRun[], root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const sweep of new Set(runs.map(({ sweep }) => sweep))) {
    const own = runs.filter((run) => run.sweep === sweep);
    const id = String(Number.parseInt(hash(sweep).slice(0, 12), 16));
    const times = own.map(startOf);
    files.set(
      `${id}/meta.yaml`,
      yaml({
        ...{ artifact_location: urlOf(root, id), experiment_id: id, lifecycle_stage: "active", name: sweep },
        creation_time: Math.min(...times),
        last_update_time: Math.max(...own.map(({ changed }) => changed)),
      }),
    );
    for (const run of own)
      for (const [name, text] of runFiles(run, { id, root })) files.set(`${id}/${idOf(run)}/${name}`, text);
  }
  return files;
}

function runFiles(run: TrackedRun, { id, root }: { id: string; root: string }): Map<string, string> {
  const own = idOf(run);
  const meta = {
    artifact_uri: urlOf(root, `${id}/${own}/artifacts`),
    end_time: run.status === "running" ? null : run.changed,
    entry_point_name: "",
    experiment_id: id,
    lifecycle_stage: "active",
    run_id: own,
    run_name: run.run,
    ...{ source_name: "", source_type: LOCAL, source_version: "" },
    start_time: startOf(run),
    status: STATUSES[run.status],
    tags: [],
    user_id: "",
  };
  const tags = {
    "mlflow.runName": run.run,
    "mlflow.source.name": "squeezebox",
    "squeezebox.variant": run.variant,
    "squeezebox.fingerprint": run.fingerprint ?? "",
    ...(run.reason === "" ? {} : { "squeezebox.reason": run.reason }),
  };
  return new Map([
    ["meta.yaml", yaml(meta)],
    ["artifacts/config.yaml", stringify(run.config)],
    ...Object.entries(tags).map(([name, text]): [string, string] => [`tags/${name}`, text]),
    ...Object.entries(paramsOf(run)).map(([name, text]): [string, string] => [`params/${name}`, text]),
    ...Object.entries(metricsOf(run)).map(([name, text]): [string, string] => [`metrics/${name}`, text]),
  ]);
}

/** The variant, its axes, its cost and every value of its experiment, by path. */
function paramsOf({ variant, seed, axes, params, macs, config }: TrackedRun): Record<string, string> {
  const all = { variant, seed, params, macs, axes, ...(config as object | null) };
  return Object.fromEntries(
    leavesOf(all, "").map(([name, value]) => [name, String(value).slice(0, MOST_CHARACTERS)]),
  );
}

/** Lists are written as JSON, so that there is one parameter for them. */
function leavesOf(value: unknown, path: string): [string, unknown][] {
  if (Array.isArray(value)) return [[path, JSON.stringify(value)]];
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, path === "" ? safe(key) : `${path}.${safe(key)}`),
  );
}

/** MLflow allows these characters in names. */
function safe(name: string): string {
  return name.replace(/[^\w.\- ]/g, "_");
}

/** A line `time value step` for each epoch, in milliseconds; the results at the last one. */
function metricsOf(run: TrackedRun): Record<string, string> {
  const lines = new Map<string, string[]>();
  const add = (row: object, time: number, step: number) => {
    for (const [name, value] of Object.entries(row))
      if (typeof value === "number" && Number.isFinite(value))
        lines.set(name, [...(lines.get(name) ?? []), `${time} ${value} ${step}`]);
  };
  let time = startOf(run);
  let last = 0;
  for (const { epoch, seconds, ...row } of run.epochs) {
    time += Math.round(1000 * (seconds ?? 0));
    last = epoch ?? last + 1;
    add(row, time, last);
  }
  if (run.outcome) {
    const { params: _, macs: __, ...results } = run.outcome;
    const fresh = Object.fromEntries(Object.entries(results).filter(([name]) => !lines.has(name)));
    add(fresh, run.changed, last);
  }
  return Object.fromEntries(Array.from(lines, ([name, own]) => [name, `${own.join("\n")}\n`]));
}

/** What its tables know of: when they last changed, less the time that its epochs took. */
function startOf({ changed, epochs }: TrackedRun): number {
  return changed - Math.round(1000 * epochs.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0));
}

function idOf({ sweep, run }: TrackedRun): string {
  return hash(`${sweep}/${run}`).slice(0, 32);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function urlOf(root: string, path: string): string {
  return `${pathToFileURL(root).href}/${path}`;
}
