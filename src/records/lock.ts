// Locks a folder for one process, with a file that contains the process id. The lock is stale once that process has ended.
//
// A stale lock is not removed but succeeded by a file whose name contains the id of the stale lock. Since a file name can be
// created only once, only one of several competing processes succeeds. The lock belongs to the last process of this chain.
// Only the holder removes the files of the chain, from first to last. A process that has appended its file to a chain that was
// removed in the meantime finds that its file is not in the current chain, and tries again.

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
  /** When the process started, because process ids are reused; empty if the system does not tell. */
  readonly started: string;
  /** Unique to this lock. */
  readonly id: string;
}

/** Returns the lock, or its holder if that is alive or on another machine. Throws InputError if a lock file is not regular. */
export function lockFolder(folder: string): Lock | Holder {
  makeFolder(folder);
  const first = join(folder, LOCK);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid) ?? "",
    id: randomUUID(),
  };
  // Unlike a written file, a link appears with its whole content.
  const mine = `${first}.${own.id}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (;;) {
      const { last, next } = lineFrom(first);
      if (last && isAlive(last)) return last;
      if (!linkUnlessExists(mine, next)) continue;
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

/** The message that says why a folder cannot be locked, and what to do about it. */
export function heldBy(folder: string, { pid, host }: Holder): string {
  const elsewhere =
    host === hostname() ? "" : `; if that machine no longer exists, remove the .lock files in ${folder}`;
  return `${folder} is in use by process ${pid} on ${host}${elsewhere}`;
}

/** Whether the holder is a process on this machine, so that waiting may help. */
export function isHere({ host }: Holder): boolean {
  return host === hostname();
}

export function isLock(result: Lock | Holder): result is Lock {
  return "release" in result;
}

const LOCK = ".lock";

/** Whether a file with this name belongs to a lock. */
export function isLockFile(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}.`);
}

/** Removes the files of processes that were killed before they obtained the lock, or while they released it. */
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

/** Younger files that cannot be parsed may be incomplete because a process is writing them. */
const ABANDONED_AFTER_MS = 60_000;

interface Line {
  readonly files: readonly string[];
  /** Null if there is no lock, or if the last file cannot be parsed. */
  readonly last: Holder | null;
  /** The path of the next lock file. */
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

/** Returns false if `to` exists. */
function linkUnlessExists(from: string, to: string): boolean {
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
    // With a dangling link or a pipe, a process would wait for the lock forever.
    if (!lstatSync(file).isFile())
      throw new InputError(`${file} is not a lock of Squeezebox (it is not a regular file); remove it`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Returns null for damaged content, as left behind by a full disk or a power failure. */
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

/** The start time of a process in clock ticks since boot (Linux); null if the system does not tell. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
