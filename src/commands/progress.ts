// Progress of training for people who watch: bars for a sweep and its running jobs, or for a single run; plain lines if there
// is no terminal.

import { MultiBar, SingleBar } from "cli-progress";
import { formatPercent } from "../format.js";
import type { RunState } from "../records/run-status.js";
import { isLeftOut } from "../records/run-status.js";
import type { Workers } from "../sweep/launch/launcher.js";
import type { SweepWatcher } from "../sweep/sweep-options.js";
import type { Run } from "../sweep/variant.js";
import type { RunProgress } from "../training/run-options.js";
import { BAR_STYLE } from "./bar-style.js";
import { leftWords, SweepClock, TrainingClock } from "./clocks.js";
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

const describe = ({ loss, error, imagesPerSecond, epoch, epochs }: RunProgress) =>
  `epoch ${epoch}/${epochs}  training loss ${loss.toFixed(4)}, error ${formatPercent(error)}  ${Math.round(imagesPerSecond)} images/s`;

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

/** `3 workers run, 17 wait (Priority)` */
export function workersWords(workers: Workers | null): string {
  if (workers === null)
    return "it is not known how many workers there are, because the queue does not answer";
  const { waiting, running, why } = workers;
  const wait = waiting === 0 ? "" : `, ${waiting} ${waiting === 1 ? "waits" : "wait"}`;
  const reason = why === "" ? "" : ` (${why})`;
  return `${running} ${running === 1 ? "worker runs" : "workers run"}${wait}${reason}`;
}

/** Empty if none has to wait. */
function waitingWords(workers: Workers | null): string {
  return workers?.waiting === 0 ? "" : workersWords(workers);
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
  let waiting = "";
  const refresh = () => {
    const text = waiting === "" ? clock.text : `${clock.text}; ${waiting}`;
    sweepBar?.update(Math.round(clock.share * BAR_STEPS), {
      text: fitting("", [text, clock.text], roomBeside()),
    });
  };
  return {
    planned: (runs, before) => {
      clock.plan(runs, before);
      for (const note of notesOf(before)) multi.log(`${note}\n`);
      sweepBar = multi.create(BAR_STEPS, 0, { text: "" });
      refresh();
    },
    preparing: ({ what, done, of }) =>
      sweepBar?.update(Math.round((done / of) * BAR_STEPS), { text: `${what}, ${done} of ${of}` }),
    workers: (workers) => {
      waiting = waitingWords(workers);
      refresh();
    },
    started: (run, begun) => {
      clock.begin(run, begun);
      if (running.has(run)) return;
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
    decided: (variant, reason) => multi.log(`${variant}: ${reason}\n`),
    close: () => {
      process.stdout.off("resize", eraseWrapped);
      multi.stop();
    },
  };
}

function lines(): SweepView {
  const clock = new SweepClock();
  const shown = new Map<Run, number>();
  const data = watchData(false);
  let waiting = "";
  return {
    planned: (runs, before) => {
      const { known, mayNeedFewer } = before;
      clock.plan(runs, before);
      for (const note of notesOf(before)) printError(note);
      print(
        `${mayNeedFewer ? "at most " : ""}${runs.length} runs${known.length > 0 ? `, ${known.length} already finished` : ""}`,
      );
    },
    preparing: data.progressed,
    workers: (workers) => {
      const words = waitingWords(workers);
      if (words !== waiting && words !== "") print(words);
      waiting = words;
    },
    started: (run, begun) => {
      const { after, already } = begun;
      clock.begin(run, begun);
      const start = after > 0 ? `continues after epoch ${after}` : "starts";
      print(`${run.name}  ${already ? "is being trained" : start}`);
    },
    progressed: (run, progress) => {
      clock.progress(run, progress.done);
      // Errors in the middle of an epoch cannot be compared with those at its end.
      if (progress.step < progress.steps || progress.epoch === shown.get(run)) return;
      shown.set(run, progress.epoch);
      print(`${run.name}  ${describe(progress)}`);
    },
    ended: (run: Run, { status, reason }: RunState) => {
      clock.end(run, status);
      if (!isLeftOut(status)) print(`${run.name}  ${status}${reason ? `: ${reason}` : ""}; ${clock.text}`);
    },
    decided: (variant, reason) => print(`${variant}  ${reason}`),
    close: () => {},
  };
}
