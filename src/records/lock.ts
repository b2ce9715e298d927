// One process at a time in a folder: a lock file with the process' number, void when that process is gone.
//
// A void lock is not removed but succeeded, by a file that is named after it: a name can be given once only, so that of
// several processes one succeeds. Who holds is the last of that line. Nobody but the holder removes files of the line,
// the first one first: a successor named after a line that is gone finds itself outside of the present one, and tries again.

import { randomUUID } from "node:crypto";
import { linkSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder } from "./files.js";

export interface Lock {
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: numbers of processes are used again. */
  readonly started: string;
  /** Unlike that of any other lock. */
  readonly id: string;
}

/** The lock, or who holds it. */
export function lockFolder(folder: string): Lock | Holder {
  makeFolder(folder);
  const first = join(folder, LOCK);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid) ?? "",
    id: randomUUID(),
  };
  // A link is there with all its content or not at all.
  const mine = `${first}.${own.id}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (;;) {
      const { last, next } = lineFrom(first);
      if (last && isAlive(last)) return last;
      if (!linkUnlessThere(mine, next)) continue;
      const line = lineFrom(first);
      if (line.last?.id === own.id) {
        removeAbandoned(folder, own.id);
        return { release: once(() => line.files.forEach(remove)) };
      }
      remove(next);
    }
  } finally {
    remove(mine);
  }
}

/** Why a folder cannot be had, and what to do about it. */
export function heldBy(folder: string, { pid, host }: Holder): string {
  const elsewhere =
    host === hostname() ? "" : `; if that machine is gone, remove the .lock files in ${folder}`;
  return `process ${pid} on ${host} works in ${folder}${elsewhere}`;
}

/** Whether waiting may help: whether the holder is a process of this machine. */
export function isHere({ host }: Holder): boolean {
  return host === hostname();
}

export function isLock(result: Lock | Holder): result is Lock {
  return "release" in result;
}

const LOCK = ".lock";

/** Whether a file belongs to a lock, by its name. */
export function isLockFile(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}.`);
}

/** Of processes that were killed before they had a lock, or while they gave it back. */
function removeAbandoned(folder: string, own: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${LOCK}.`) || name.startsWith(`${LOCK}.after-`) || name === `${LOCK}.${own}`)
      continue;
    const file = join(folder, name);
    const holder = parseHolder(readText(file) ?? "");
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN);
    if (holder ? !isAlive(holder) : age > ABANDONED_AFTER_MS) remove(file);
  }
}

/** Writing a lock takes a moment, in which it cannot be read. */
const ABANDONED_AFTER_MS = 60_000;

interface Line {
  readonly files: readonly string[];
  /** Null where there is no lock, or where the last file cannot be read. */
  readonly last: Holder | null;
  /** What the next lock is to be called. */
  readonly next: string;
}

function lineFrom(first: string): Line {
  const files: string[] = [];
  let last: Holder | null = null;
  let next = first;
  for (let text = readText(next); text !== null; text = readText(next)) {
    files.push(next);
    last = parseHolder(text);
    next = `${first}.after-${last?.id ?? files.length}`;
  }
  return { files, last, next };
}

function linkUnlessThere(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readText(file: string): string | null {
  try {
    // A link that leads nowhere, or a pipe, would keep whoever wants the lock for ever.
    if (!lstatSync(file).isFile())
      throw new InputError(`${file} is not a lock of Squeezebox (it is not a regular file); remove it`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Null for what is no lock: a disk that was full, a machine that lost power. */
function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    const { pid, host, started = "", id } = holder ?? {};
    return Number.isInteger(pid) && typeof host === "string" && typeof id === "string"
      ? { pid: pid as number, host, started, id }
      : null;
  } catch {
    return null;
  }
}

function remove(file: string): void {
  rmSync(file, { force: true });
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(pid);
  return now === null || started === "" || now === started;
}

/** Start time of a process in clock ticks since boot (Linux); null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
