// squeezebox report: writes a page, and the table as Markdown, LaTeX and CSV, beside the other files of a sweep; once, or
// repeatedly with --watch.

import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError } from "../diagnostic.js";
import { page } from "../present/html.js";
import { serveLive } from "../present/live-server.js";
import { answerOf } from "../present/sentences.js";
import { runFolder } from "../records/run-folder.js";
import { type ReportData, readReport } from "../report/read-report.js";
import { readSweep } from "../report/read-sweep.js";
import { type CompareFlags, distinctFolders } from "./compare.js";
import { INTERRUPTS, print, printError, printJson } from "./output.js";
import { type ReportFiles, writeReport } from "./report-files.js";
import { checkFormat, type TrackFormat, writeTracked } from "./report-tracked.js";

export interface ReportFlags extends CompareFlags {
  readonly out?: string;
  /** The format of another program in which to write the runs, too. */
  readonly track?: string;
  readonly watch: boolean;
  readonly port: number;
}

type CheckedFlags = Omit<ReportFlags, "track"> & { readonly track: TrackFormat | undefined };

export async function report(given: readonly string[], asked: ReportFlags): Promise<number> {
  const folders = distinctFolders(given);
  const [only] = folders;
  const flags = { ...asked, track: checkFormat(asked.track) };
  const out = flags.out ?? (folders.length === 1 ? only : undefined);
  if (out === undefined)
    throw new InputError("a report on several sweeps needs --out, the folder to write it to");
  if (flags.watch) return watch(folders, out, flags);
  const { data, files } = await makeReport(folders, out, flags);
  const answer = answerOf(data.comparison);
  if (flags.json) printJson({ files, answer, damaged: data.damaged });
  else {
    print([answer, "", ...files].join("\n"));
    for (const problem of data.damaged) printError(problem);
  }
  return 0;
}

async function makeReport(
  folders: readonly string[],
  out: string,
  flags: CheckedFlags,
): Promise<ReportFiles & { readonly data: ReportData }> {
  const data = readReport(folders, flags);
  const { html, files } = await writeReport(data, { out, isFinal: !flags.watch });
  const tracked = flags.track === undefined ? [] : [writeTracked(folders, out, flags.track)];
  return { data, html, files: [...files, ...tracked] };
}

/** The time between two looks at the tables, in milliseconds; epochs take seconds. */
const EVERY = 2000;
/** Between two reports, training gets at least this many times as long as a report takes. */
const REST = 10;
/** But nobody waits longer than this for the latest results, in milliseconds. */
const LONGEST = 10_000;

/** Updates and serves the report until interrupted, which is a success: there is no other way to end it. */
async function watch(folders: readonly string[], out: string, flags: CheckedFlags): Promise<number> {
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  const server = await serveLive(flags.port);
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  try {
    server.update(page(folders.join(", "), "<p>Waiting for the sweep to start.</p>"));
    if (flags.json) printJson({ address: server.address });
    else print(`${server.address} shows the report on ${folders.join(", ")}; press Ctrl-C to stop`);
    let seen = "";
    for (let took = 0; !abort.signal.aborted; await pause(pauseAfter(took), abort.signal)) {
      const start = performance.now();
      try {
        const now = changesOf(folders);
        if (now === seen) continue;
        server.update((await makeReport(folders, out, flags)).html);
        seen = now;
        took = performance.now() - start;
      } catch (error) {
        // The sweep may not have started yet, or may be starting again: try again later.
        if (!(error instanceof InputError) && !(error instanceof Error && "syscall" in error)) throw error;
        if (seen !== error.message) printError(`waiting: ${error.message}`);
        seen = error.message;
      }
    }
    return 0;
  } finally {
    server.close();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
  }
}

function pauseAfter(took: number): number {
  return Math.min(LONGEST, Math.max(EVERY, REST * took));
}

/** The times at which the tables of the report last changed, as one text. */
function changesOf(folders: readonly string[]): string {
  const time = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return folders
    .flatMap((folder) => [
      ...["plan.csv", "summary.csv"].map((name) => join(folder, name)),
      ...readSweep(folder).runs.flatMap(({ run }) => {
        const { epochs, result } = runFolder(join(folder, run));
        return [epochs, result];
      }),
    ])
    .map(time)
    .join(" ");
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}
