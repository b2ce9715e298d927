// Progress of training for people who watch: bars for a sweep and its running jobs, or for a single run; plain lines if there
// is no terminal.

import { MultiBar, SingleBar } from "cli-progress";
import { formatDuration } from "../format.js";
import { RUN_STATUSES, type RunState, type RunStatus } from "../records/run-status.js";
import type { SweepWatcher } from "../sweep/run-sweep.js";
import type { Run } from "../sweep/variant.js";
import type { RunProgress } from "../training/train-run.js";
import { BAR_STYLE } from "./bar-style.js";
import { watchData } from "./data-progress.js";
import { lineWidth, print, printError } from "./output.js";

export interface SweepView extends SweepWatcher {
  close(): void;
}

export function watchSweep(): SweepView {
  return process.stdout.isTTY ? bars() : lines();
}

export function silentView(): SweepView {
  const nothing = () => {};
  return {
    planned: nothing,
    preparing: nothing,
    started: nothing,
    progressed: nothing,
    ended: nothing,
    close: nothing,
  };
}

/** Estimates how much longer a single run takes. */
class TrainingClock {
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
class SweepClock {
  /** The time of the first step: what comes before it does not show how fast steps are. */
  #start: number | null = null;
  #runs = 0;
  #finished = 0;
  /** Numbers of runs that ended without a result, by status. */
  readonly #without = new Map<RunStatus, number>();
  #total = 0;
  #ended = 0;
  readonly #running = new Map<Run, number>();
  readonly #before = new Map<Run, number>();

  /** Equal runs are trained once, and known runs not at all. */
  plan(runs: readonly Run[], known: readonly Run[]): void {
    [this.#runs, this.#finished] = [runs.length, known.length];
    const left = runs.filter((run) => !known.includes(run));
    const once = new Map(left.map((run) => [run.fingerprint, workOf(run)]));
    this.#total = [...once.values()].reduce((sum, work) => sum + work, 0);
  }

  /** Does not count work done before a run was interrupted. */
  progress(run: Run, done: number): void {
    this.#start ??= performance.now();
    const before = this.#before.get(run) ?? done;
    if (!this.#before.has(run)) {
      this.#before.set(run, done);
      this.#total -= before * workOf(run);
    }
    this.#running.set(run, (done - before) * workOf(run));
  }

  end(run: Run, status: RunStatus): void {
    if (RUN_STATUSES[status].isFinished) this.#finished++;
    else this.#without.set(status, (this.#without.get(status) ?? 0) + 1);
    if (!this.#before.has(run)) return;
    this.#running.delete(run);
    this.#ended += (1 - (this.#before.get(run) as number)) * workOf(run);
  }

  get share(): number {
    const running = [...this.#running.values()].reduce((sum, work) => sum + work, 0);
    return this.#total === 0 ? 1 : Math.min(1, (this.#ended + running) / this.#total);
  }

  /** `3/15 runs, 1 failed, 2 min 5 s left` */
  get text(): string {
    const elapsed = this.#start === null ? 0 : (performance.now() - this.#start) / 1000;
    const left = elapsed < LEAST_SECONDS ? Number.NaN : (elapsed * (1 - this.share)) / this.share;
    const without = Array.from(this.#without, ([status, runs]) => `, ${runs} ${status}`);
    return `${this.#finished}/${this.#runs} runs${without.join("")}${leftWords(left)}`;
  }
}

/** Empty while it is too early to tell. */
function leftWords(seconds: number): string {
  return Number.isFinite(seconds) ? `, ${formatDuration(seconds)} left` : "";
}

/** Earlier estimates would depend too much on the first step of each network. */
const LEAST_SECONDS = 3;

function workOf({ variant, experiment }: Run): number {
  return variant.complexity.macs * experiment.training.epochs;
}

const describe = ({ loss, error, imagesPerSecond, epoch, epochs }: RunProgress) =>
  `epoch ${epoch}/${epochs}  training loss ${loss.toFixed(4)}, error ${(100 * error).toFixed(2)} %  ${Math.round(imagesPerSecond)} images/s`;

const brief = ({ loss, error, epoch, epochs }: RunProgress) =>
  `${epoch}/${epochs}  training ${loss.toFixed(3)}, ${(100 * error).toFixed(1)} %`;

/** What fits beside a bar: the name with a long or a short text, or a shortened name. */
function beside(name: string, progress: RunProgress): string {
  return fitting(name, [describe(progress), brief(progress)], roomBeside());
}

function roomBeside(): number {
  return lineWidth() - BAR_STYLE.barsize - 2;
}

function fitting(name: string, texts: readonly string[], room: number): string {
  const text = texts.find((one) => name.length + 2 + one.length <= room) ?? (texts.at(-1) as string);
  const most = Math.max(8, room - text.length - 2);
  const shown = name.length <= most ? name : `${name.slice(0, most - 1)}…`;
  return shown === "" ? text : `${shown}  ${text}`;
}

/** The approximate length of a bar with its text, in characters. */
const LONGEST_BAR = 110;
const BAR_STEPS = 1000;

const barAt = ({ done }: RunProgress) => Math.round(done * BAR_STEPS);

export interface RunView {
  progressed(progress: RunProgress): void;
  close(): void;
}

export function watchRun(silent: boolean): RunView {
  const close = () => {};
  if (silent) return { progressed: () => {}, close };
  if (!process.stdout.isTTY)
    return {
      progressed: (progress) => {
        if (progress.step === progress.steps) print(describe(progress));
      },
      close,
    };
  const bar = new SingleBar({ ...BAR_STYLE, format: "{bar} {text}" });
  const clock = new TrainingClock();
  bar.start(BAR_STEPS, 0, { text: "compiling" });
  return {
    progressed: (progress) => {
      const left = leftWords(clock.left(progress.done));
      const room = roomBeside() - left.length;
      const text = fitting("", [describe(progress), brief(progress)], room);
      bar.update(barAt(progress), { text: `${text}${left}` });
    },
    close: () => bar.stop(),
  };
}

function notesOf({ skipped, replaced }: Parameters<SweepWatcher["planned"]>[1]): string[] {
  const runs = replaced === 1 ? "1 run" : `${replaced} runs`;
  return [...skipped, ...(replaced > 0 ? [`${runs} of another configuration moved to .replaced`] : [])];
}

function bars(): SweepView {
  const multi = new MultiBar({
    ...BAR_STYLE,
    clearOnComplete: true,
    forceRedraw: true,
    format: "{bar} {text}",
    gracefulExit: false,
  });
  const clock = new SweepClock();
  const running = new Map<Run, SingleBar>();
  let sweepBar: SingleBar | null = null;
  let width = lineWidth();
  // The cursor stays at the end of the last bar, and cli-progress moves it up by one line per bar. It does not know that each bar
  // takes several lines in a terminal that has become narrower.
  const eraseWrapped = () => {
    const old = width;
    width = lineWidth();
    const bars = 1 + running.size;
    const rows = bars * Math.max(1, Math.ceil(Math.min(old, LONGEST_BAR) / width));
    process.stdout.write(`\r\u001b[${rows - 1}A\u001b[0J${"\n".repeat(bars - 1)}`);
  };
  process.stdout.on("resize", eraseWrapped);
  const refresh = () => sweepBar?.update(Math.round(clock.share * BAR_STEPS), { text: clock.text });
  return {
    planned: (runs, before) => {
      const { known } = before;
      clock.plan(runs, known);
      for (const note of notesOf(before)) multi.log(`${note}\n`);
      sweepBar = multi.create(BAR_STEPS, 0, { text: "" });
      refresh();
    },
    preparing: ({ what, done, of }) =>
      sweepBar?.update(Math.round((done / of) * BAR_STEPS), { text: `${what}, ${done} of ${of}` }),
    started: (run) => {
      running.set(run, multi.create(BAR_STEPS, 0, { text: fitting(run.name, ["compiling"], roomBeside()) }));
    },
    progressed: (run, progress) => {
      clock.progress(run, progress.done);
      running.get(run)?.update(barAt(progress), { text: beside(run.name, progress) });
      refresh();
    },
    ended: (run, { status, reason }) => {
      clock.end(run, status);
      const bar = running.get(run);
      if (bar) multi.remove(bar);
      running.delete(run);
      if (status === "failed") multi.log(`${run.name} failed: ${reason}\n`);
      refresh();
    },
    close: () => {
      process.stdout.off("resize", eraseWrapped);
      multi.stop();
    },
  };
}

function lines(): SweepView {
  const clock = new SweepClock();
  const epochs = new Map<Run, RunProgress>();
  const data = watchData(false);
  return {
    planned: (runs, before) => {
      const { known } = before;
      clock.plan(runs, known);
      for (const note of notesOf(before)) printError(note);
      print(`${runs.length} runs${known.length > 0 ? `, ${known.length} already finished` : ""}`);
    },
    preparing: data.progressed,
    started: (run) => print(`${run.name}  starts`),
    progressed: (run, progress) => {
      if (!epochs.has(run) && progress.epoch > 1)
        print(`${run.name}  continues after epoch ${progress.epoch - 1}`);
      if (!epochs.has(run)) epochs.set(run, { ...progress, epoch: 0 });
      clock.progress(run, progress.done);
      if (progress.step === progress.steps && epochs.get(run)?.epoch !== progress.epoch) {
        epochs.set(run, progress);
        print(`${run.name}  ${describe(progress)}`);
      }
    },
    ended: (run: Run, { status, reason }: RunState) => {
      clock.end(run, status);
      print(`${run.name}  ${status}${reason ? `: ${reason}` : ""}; ${clock.text}`);
    },
    close: () => {},
  };
}
