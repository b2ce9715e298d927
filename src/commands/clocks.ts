// How far training is, and how much longer it takes.

import { mostEpochs } from "../config/experiment-spec.js";
import { formatDuration } from "../format.js";
import { isLeftOut, RUN_STATUSES, type RunStatus } from "../records/run-status.js";
import type { Run } from "../sweep/variant.js";

/** Estimates how much longer a single run takes. */
export class TrainingClock {
  #first: { readonly done: number; readonly time: number } | null = null;

  /** In seconds, from the time since the first step; NaN while it is too early to tell. */
  left(done: number): number {
    const now = performance.now();
    this.#first ??= { done, time: now };
    const elapsed = (now - this.#first.time) / 1000;
    const gone = done - this.#first.done;
    return elapsed < LEAST_SECONDS || gone <= 0 ? Number.NaN : (elapsed * (1 - done)) / gone;
  }
}

/** Measures how far a sweep is, in multiply-accumulates, because runs differ in size. */
export class SweepClock {
  /** The time of the first step: what comes before it does not show how fast steps are. */
  #start: number | null = null;
  #runs = 0;
  #finished = 0;
  /** Numbers of runs that ended without a result, by status. */
  readonly #without = new Map<RunStatus, number>();
  #total = 0;
  #ended = 0;
  /** Work that has been done since the plan on runs that are being trained. */
  readonly #running = new Map<Run, number>();
  /** How far runs were before that. */
  readonly #before = new Map<Run, number>();
  readonly #counted = new Set<string>();
  readonly #already = new Set<Run>();
  #planned = 0;
  #mayNeedFewer = false;

  /** Equal runs are trained once, and known runs not at all. */
  plan(
    runs: readonly Run[],
    { known, mayNeedFewer }: { readonly known: readonly Run[]; readonly mayNeedFewer: boolean },
  ): void {
    [this.#runs, this.#finished, this.#planned] = [runs.length, known.length, performance.now()];
    this.#mayNeedFewer = mayNeedFewer;
    const isKnown = new Set(known);
    const left = runs.filter((run) => !isKnown.has(run));
    const once = new Map(left.map((run) => [run.fingerprint, workOf(run)]));
    this.#total = [...once.values()].reduce((sum, work) => sum + work, 0);
  }

  /** `already`: it was being trained before; how far it was, its first progress shows. */
  begin(run: Run, { after, already }: { after: number; already: boolean }): void {
    this.#setBefore(run, after / mostEpochs(run.experiment.training));
    if (already) this.#already.add(run);
  }

  progress(run: Run, done: number): void {
    const now = performance.now();
    if (this.#already.delete(run)) this.#setBefore(run, done);
    this.#start ??= now;
    this.#running.set(run, (done - (this.#before.get(run) ?? 0)) * workOf(run));
  }

  end(run: Run, status: RunStatus): void {
    if (isLeftOut(status)) {
      this.#leaveOut(run);
      return;
    }
    if (RUN_STATUSES[status].isFinished) this.#finished++;
    else this.#without.set(status, (this.#without.get(status) ?? 0) + 1);
    this.#running.delete(run);
    if (this.#counted.has(run.fingerprint)) return;
    this.#counted.add(run.fingerprint);
    this.#start ??= this.#planned;
    this.#ended += (1 - (this.#before.get(run) ?? 0)) * workOf(run);
  }

  #leaveOut(run: Run): void {
    this.#runs--;
    this.#running.delete(run);
    if (this.#counted.has(run.fingerprint)) return;
    this.#counted.add(run.fingerprint);
    this.#total -= (1 - (this.#before.get(run) ?? 0)) * workOf(run);
  }

  #setBefore(run: Run, done: number): void {
    this.#total -= (done - (this.#before.get(run) ?? 0)) * workOf(run);
    this.#before.set(run, done);
  }

  get share(): number {
    const running = [...this.#running.values()].reduce((sum, work) => sum + work, 0);
    return this.#total === 0 ? 1 : Math.min(1, (this.#ended + running) / this.#total);
  }

  /** `3/15 runs, 1 failed, 2 min 5 s left`; `at most` before numbers that may become smaller. */
  get text(): string {
    const elapsed = this.#start === null ? 0 : (performance.now() - this.#start) / 1000;
    const left = elapsed < LEAST_SECONDS ? Number.NaN : (elapsed * (1 - this.share)) / this.share;
    const without = Array.from(this.#without, ([status, runs]) => `, ${runs} ${status}`);
    const bound = this.#mayNeedFewer && this.#finished < this.#runs ? "at most " : "";
    return `${this.#finished}/${bound}${this.#runs} runs${without.join("")}${leftWords(left).replace(", ", `, ${bound}`)}`;
  }
}

/** Empty while it is too early to tell. */
export function leftWords(seconds: number): string {
  return Number.isFinite(seconds) ? `, ${formatDuration(seconds)} left` : "";
}

/** Earlier estimates would depend too much on the first step of each network. */
const LEAST_SECONDS = 3;

function workOf({ variant, experiment }: Run): number {
  return variant.complexity.macs * mostEpochs(experiment.training);
}
