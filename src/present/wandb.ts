// Runs -> offline runs of Weights & Biases, which `wandb sync` uploads: a project per sweep, a group per variant, a run per run.
// https://github.com/wandb/wandb/blob/v0.22.0/wandb/sync/sync.py

import type { RunStatus } from "../records/run-status.js";
import type { TrackedRun } from "../report/tracked-runs.js";
import { epochsOf, hash, resultsOf, settingsOf, startOf, type TrackedFiles } from "./tracked-values.js";
import { wandbLog } from "./wandb-log.js";
import {
  type Content,
  encodeRecords,
  exit,
  final,
  header,
  history,
  started,
  summary,
} from "./wandb-records.js";

/** Runs that are not over have none, so that `wandb sync` takes them for incomplete. */
const EXIT_CODES: Readonly<Partial<Record<RunStatus, number>>> = {
  finished: 0,
  unneeded: 0,
  stopped: 0,
  failed: 1,
};
/** W&B refuses longer names of projects, groups and runs. */
const MOST_CHARACTERS = 128;

export function wandbRuns(runs: readonly TrackedRun[]): TrackedFiles {
  const folders = runs.map((run) => `offline-run-${dateOf(startOf(run))}-${idOf(run)}`);
  const sweeps = new Set(runs.map(({ sweep }) => sweepId(sweep)));
  return {
    files: new Map(
      runs.map((run, index) => [
        `${folders[index]}/run-${idOf(run)}.wandb`,
        wandbLog(encodeRecords(contentsOf(run))),
      ]),
    ),
    // What W&B has added to the folders of runs that it has uploaded stays.
    isOwn: (entry) => {
      const [, sweep = ""] = /^offline-run-\d{8}_\d{6}-([0-9a-f]{8})[0-9a-f]{24}$/.exec(entry) ?? [];
      return sweeps.has(sweep) && !folders.includes(entry);
    },
  };
}

function contentsOf(run: TrackedRun): Content[] {
  const start = startOf(run);
  const epochs = epochsOf(run).map(({ epoch, time, values }) => ({
    ...values,
    ...{ _step: epoch, _runtime: (time - start) / 1000, _timestamp: time / 1000 },
  }));
  const runtime = Math.round((run.changed - start) / 1000);
  const code = EXIT_CODES[run.status];
  return [
    header(),
    started({
      ...{ id: idOf(run), project: projectOf(run.sweep), start, notes: run.reason },
      ...{ group: limited(run.variant), name: limited(run.run) },
      // W&B adds to `_wandb` when the run started, but only if it is there.
      config: { _wandb: {}, ...settingsOf(run), fingerprint: run.fingerprint },
    }),
    ...epochs.map((values) => history(values, values._step)),
    summary({ ...epochs.at(-1), ...resultsOf(run), _wandb: { runtime } }),
    ...(code === undefined ? [] : [exit(code, runtime), final()]),
  ];
}

/** A name that W&B allows, and that no other sweep has. */
function projectOf(sweep: string): string {
  const allowed = sweep.replace(/[/\\#?%:]/g, "-");
  return limited(allowed === sweep ? sweep : `${allowed}-${sweepId(sweep)}`);
}

/** The end of a name that is cut off is replaced with one that no other name has. */
function limited(name: string): string {
  if (name.length <= MOST_CHARACTERS) return name;
  const end = `-${hash(name).slice(0, 8)}`;
  return name.slice(0, MOST_CHARACTERS - end.length) + end;
}

/** Begins with the identity of the sweep, by which runs that are gone are found. */
function idOf({ sweep, run }: TrackedRun): string {
  return sweepId(sweep) + hash(`${sweep}/${run}`).slice(0, 24);
}

function sweepId(sweep: string): string {
  return hash(sweep).slice(0, 8);
}

/** `YYYYMMDD_HHMMSS` in UTC, which is the same everywhere, from milliseconds since 1970. */
function dateOf(time: number): string {
  const [date = "", clock = ""] = new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, "").split("T");
  return `${date}_${clock}`;
}
