// Slurm's commands, and the jobs in its queue. The controller serves a whole cluster, so it is asked rarely.

import { execFile } from "node:child_process";
import { InputError } from "../../diagnostic.js";

export interface QueuedJob {
  readonly id: string;
  readonly isRunning: boolean;
  /** Why it waits, in Slurm's words; empty if it runs. */
  readonly why: string;
}

export interface SlurmAnswer {
  readonly output: string;
  /** What the command wrote to stderr if it failed; null if it did not. */
  readonly problem: string | null;
}

const PATIENCE_MS = 20_000;

/** Runs one of Slurm's commands. Throws InputError if it is not installed. */
export function runSlurm(command: string, words: readonly string[]): Promise<SlurmAnswer> {
  return new Promise((resolve, reject) => {
    execFile(command, words, { encoding: "utf8", timeout: PATIENCE_MS }, (error, output, errors) => {
      if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT")
        reject(
          new InputError(`there is no ${command} here: run this on a machine that has Slurm's commands`),
        );
      else resolve({ output, problem: error === null ? null : errors.trim() || error.message });
    });
  });
}

/** Jobs that are ending are left out; a text says why the queue does not answer. By name, since Slurm forgets the numbers of ended jobs, and
 * then refuses them. */
export async function jobsInQueue(
  name: string,
  users: readonly string[],
): Promise<readonly QueuedJob[] | string> {
  const { output, problem } = await runSlurm("squeue", [
    ...["--noheader", "--array", `--user=${users.join(",")}`, `--name=${name}`],
    ...["--format=%F|%T|%r"],
  ]);
  if (problem !== null) return problem;
  return output.split("\n").flatMap((line): QueuedJob[] => {
    const [id = "", state = "", reason = ""] = line.trim().split("|");
    if (state === "RUNNING") return [{ id, isRunning: true, why: "" }];
    return WAITING.has(state) ? [{ id, isRunning: false, why: reason === "None" ? "" : reason }] : [];
  });
}

const WAITING = new Set([
  "PENDING",
  "CONFIGURING",
  "REQUEUED",
  "REQUEUE_FED",
  "REQUEUE_HOLD",
  "SUSPENDED",
  "STAGE_OUT",
]);

/** The shortest and the longest time between two looks at the queue, in milliseconds; longer while nothing changes. */
const LOOK_EVERY = { least: 10_000, most: 60_000, growth: 1.5 };

export interface QueueWatch {
  /** The number of submissions that what was seen includes. */
  readonly known: number;
  /** Why the queue did not answer last time; null if it did. */
  readonly problem: string | null;
  /** `ask` returns the jobs, or why there is no answer. Null if it is not known which jobs there are. */
  look(
    submissions: number,
    ask: () => Promise<readonly QueuedJob[] | string>,
  ): Promise<readonly QueuedJob[] | null>;
  /** So many jobs have just been submitted, which makes `submissions` of them. */
  assume(jobs: number, submissions: number): void;
}

/** Remembers what the queue looked like, and asks again only after a while, at times that differ between commands. */
export function queueWatch(): QueueWatch {
  let [next, interval, known] = [0, LOOK_EVERY.least, 0];
  let seen: readonly QueuedJob[] | null = null;
  let problem: string | null = null;
  return {
    get known() {
      return known;
    },
    get problem() {
      return problem;
    },
    look: async (submissions, ask) => {
      if (performance.now() < next) return seen;
      const answer = await ask();
      const now = typeof answer === "string" ? null : answer;
      problem = typeof answer === "string" ? answer : null;
      const isSame = JSON.stringify(now) === JSON.stringify(seen);
      interval = isSame ? Math.min(LOOK_EVERY.most, interval * LOOK_EVERY.growth) : LOOK_EVERY.least;
      next = performance.now() + interval * (1 + Math.random() / 4);
      [seen, known] = [now, submissions];
      return seen;
    },
    assume: (jobs, submissions) => {
      const waiting = Array.from({ length: jobs }, () => ({ id: "", isRunning: false, why: "" }));
      [seen, known, interval] = [[...(seen ?? []), ...waiting], submissions, LOOK_EVERY.least];
    },
  };
}
