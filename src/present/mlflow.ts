// Runs -> MLflow's file store, which `mlflow ui --backend-store-uri` opens: an experiment per sweep, a run per run.
// https://mlflow.org/docs/latest/self-hosting/architecture/backend-store/

import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import type { RunStatus } from "../records/run-status.js";
import type { TrackedRun } from "../report/tracked-runs.js";
import { epochsOf, hash, resultsOf, settingsOf, startOf, type TrackedFiles } from "./tracked-values.js";

/** Values of mlflow.entities.RunStatus. */
const STATUSES: Readonly<Record<RunStatus, number>> = {
  running: 1,
  pending: 2,
  finished: 3,
  failed: 4,
  unneeded: 5,
  stopped: 5,
};
/** The value of SourceType.LOCAL. */
const LOCAL = 4;
/** File systems allow little more. */
const MOST_OF_NAME = 200;
/** Longer values of parameters are cut off by MLflow's servers. */
const MOST_CHARACTERS = 6000;

/** YAML that MLflow's reader, of YAML 1.1, does not take for a date or a number. */
function yaml(value: unknown): string {
  return stringify(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}

/** `root`: the store's absolute path. */
export function mlflowStore(runs: readonly TrackedRun[], root: string): TrackedFiles {
  const files = new Map<string, string>();
  const experiments = new Set<string>();
  for (const sweep of new Set(runs.map(({ sweep }) => sweep))) {
    const own = runs.filter((run) => run.sweep === sweep);
    const id = String(Number.parseInt(hash(sweep).slice(0, 12), 16));
    experiments.add(id);
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
  return { files, isOwn: (entry) => experiments.has(entry) };
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

/** Settings by path. */
function paramsOf(run: TrackedRun): Record<string, string> {
  return Object.fromEntries(
    leavesOf(settingsOf(run), "").map(([name, value]) => [name, String(value).slice(0, MOST_CHARACTERS)]),
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
  const allowed = name.replace(/[^\w.\- ]/g, "_").slice(0, MOST_OF_NAME);
  // Names are those of files.
  return /^\.*$/.test(allowed) ? `_${allowed.replaceAll(".", "_")}` : allowed;
}

/** A line `time value step` for each epoch, in milliseconds; the results at the last one. */
function metricsOf(run: TrackedRun): Record<string, string> {
  const lines = new Map<string, string[]>();
  const add = (values: Readonly<Record<string, number>>, time: number, step: number) => {
    for (const [name, value] of Object.entries(values))
      lines.set(name, [...(lines.get(name) ?? []), `${time} ${value} ${step}`]);
  };
  const epochs = epochsOf(run);
  for (const { epoch, time, values } of epochs) add(values, time, epoch);
  const fresh = Object.entries(resultsOf(run)).filter(([name]) => !lines.has(name));
  add(Object.fromEntries(fresh), run.changed, epochs.at(-1)?.epoch ?? 0);
  return Object.fromEntries(Array.from(lines, ([name, own]) => [name, `${own.join("\n")}\n`]));
}

function idOf({ sweep, run }: TrackedRun): string {
  return hash(`${sweep}/${run}`).slice(0, 32);
}

function urlOf(root: string, path: string): string {
  return `${pathToFileURL(root).href}/${path}`;
}
