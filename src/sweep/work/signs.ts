// Signs: what workers tell about the runs of a sweep, one small file per run and sign. Their names alone say which runs are over, so
// that a sweep of thousands of runs is looked at by listing one folder.

import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, readAgain, writeWhole } from "../../records/files.js";
import type { RunProgress } from "../../training/run-options.js";
import { workFolder } from "./orders.js";

/** A run that a worker is training, or was training when it was killed. */
export interface RunningSign {
  /** The worker, as people know it. */
  readonly worker: string;
  /** How many epochs were finished when the worker took the run. */
  readonly after: number;
  /** How many workers in a row have taken the run after as many epochs. */
  readonly attempt: number;
  /** Null before the first step. */
  readonly progress: RunProgress | null;
}

/** How long a whole epoch takes at the present speed, in seconds; null if that is not known. */
export function epochSeconds({ images, step, steps, imagesPerSecond }: RunProgress): number | null {
  const seconds = ((images / step) * steps) / imagesPerSecond;
  return Number.isFinite(seconds) ? seconds : null;
}

export interface FailedSign {
  readonly worker: string;
  readonly reason: string;
}

const KINDS = ["running.json", "failed.json", "finished"] as const;
type Kind = (typeof KINDS)[number];

/** The runs about which there is a sign, by fingerprint. */
export interface Signs {
  readonly running: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly finished: ReadonlySet<string>;
}

/** Reads one folder, and no file. */
export function signsIn(sweepFolder: string): Signs {
  const names = listed(folderIn(sweepFolder));
  const of = (kind: Kind) =>
    new Set(names.filter((name) => name.endsWith(`.${kind}`)).map((name) => name.slice(0, -kind.length - 1)));
  return { running: of("running.json"), failed: of("failed.json"), finished: of("finished") };
}

/** The signs about one run. */
export function signsOf(sweepFolder: string, fingerprint: string) {
  const file = (kind: Kind) => join(folderIn(sweepFolder), `${fingerprint}.${kind}`);
  const write = (kind: Kind, content: object) => writeWhole(file(kind), JSON.stringify(content));
  const remove = (kind: Kind) => rmSync(file(kind), { force: true });
  return {
    isOver: () => existsSync(file("finished")) || existsSync(file("failed.json")),
    running: (sign: RunningSign) => write("running.json", sign),
    finished: () => {
      makeFolder(folderIn(sweepFolder));
      writeFileSync(file("finished"), "");
      remove("running.json");
    },
    failed: (sign: FailedSign) => {
      write("failed.json", sign);
      remove("running.json");
    },
    /** The run is neither trained nor over. */
    pending: () => {
      for (const kind of KINDS) remove(kind);
    },
    readRunning: () => read(file("running.json"), isRunning),
    readFailed: () => read(file("failed.json"), isFailed),
  };
}

function folderIn(sweepFolder: string): string {
  return join(workFolder(sweepFolder), "signs");
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Null if there is no such sign, or if it is damaged. `given`: when, in milliseconds by the clock of the file server. */
function read<Sign>(
  file: string,
  isSign: (value: unknown) => value is Sign,
): (Sign & { readonly given: number }) | null {
  try {
    const found = readAgain(file);
    const value: unknown = JSON.parse(found?.text ?? "null");
    return found !== null && isSign(value) ? { ...value, given: found.modified } : null;
  } catch {
    return null;
  }
}

function isFailed(value: unknown): value is FailedSign {
  const { worker, reason } = (value ?? {}) as Partial<FailedSign>;
  return typeof worker === "string" && typeof reason === "string";
}

const NUMBERS = [
  "step",
  "steps",
  "images",
  "loss",
  "error",
  "epoch",
  "epochs",
  "imagesPerSecond",
  "done",
] as const;

function isRunning(value: unknown): value is RunningSign {
  const { worker, after, attempt, progress } = (value ?? {}) as Partial<RunningSign>;
  const isProgress = progress === null || NUMBERS.every((key) => typeof progress?.[key] === "number");
  return typeof worker === "string" && Number.isInteger(after) && Number.isInteger(attempt) && isProgress;
}
