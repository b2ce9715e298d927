// Locks a folder for one process, with a file that contains its machine and process id. On the same machine, the lock is stale once
// that process has ended. Other machines cannot see that, so the lock is also a lease: its holder changes the file every 15 seconds,
// and a file that has not changed for a minute is stale. Ages are differences between two times of the same file server.
//
// A stale lock is not removed but succeeded by a file whose name contains the id of the stale lock. Since a file name can be
// created only once, only one of several competing processes succeeds. The lock belongs to the last process of this chain.
// Only the holder removes the files of the chain, from first to last. A process that has appended its file to a chain that was
// removed in the meantime finds that its file is not in the current chain, and tries again.

import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder, type ReadFile, readAgain } from "./files.js";
import { type Holder, isAlive, LEASE_MS, ownHolder, parseHolder } from "./lock-holder.js";

export type { Holder } from "./lock-holder.js";

export interface Lock {
  /** Aborted if another machine has taken the lock over, because this process gave no sign of life for too long. */
  readonly lost: AbortSignal;
  release(): void;
}

/** Returns the lock, or its holder if that is alive. Throws InputError if a lock file is not regular. */
export function lockFolder(folder: string): Lock | Holder {
  makeFolder(folder);
  const first = join(folder, LOCK);
  const own = ownHolder();
  // Unlike a written file, a link appears with its whole content.
  const mine = `${first}.${own.id}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (;;) {
      const now = readLockFile(mine)?.modified ?? Number.NaN;
      const { last, next } = lineFrom(first);
      // A file server may have created the link although it reported that it exists, because it was asked twice.
      if (last && last.holder.id !== own.id && isAlive(last.holder, now - last.modified)) return last.holder;
      if (last?.holder.id !== own.id && !linkUnlessExists(mine, next)) continue;
      const line = lineFrom(first);
      if (line.last?.holder.id === own.id) {
        removeAbandoned(folder, { own: own.id, now });
        return heldLock(first, { files: line.files, id: own.id });
      }
      remove(next);
    }
  } finally {
    remove(mine);
  }
}

/** Returns the living holder of a folder's lock, or null. */
export function holderOf(folder: string): Holder | null {
  if (!existsSync(join(folder, LOCK))) return null;
  const result = lockFolder(folder);
  if (!isLock(result)) return result;
  result.release();
  return null;
}

const SIGN_EVERY_MS = LEASE_MS / 4;

function heldLock(first: string, { files, id }: { files: readonly string[]; id: string }): Lock {
  const lost = new AbortController();
  const file = files.at(-1) as string;
  const isOwn = () => lineFrom(first).last?.holder.id === id;
  const sign = setInterval(() => {
    try {
      if (isOwn()) appendByte(file);
      else lose();
    } catch {
      // The file server does not answer; the next sign may reach it in time.
    }
  }, SIGN_EVERY_MS).unref();
  const lose = () => {
    clearInterval(sign);
    lost.abort();
  };
  return {
    lost: lost.signal,
    release: once(() => {
      clearInterval(sign);
      if (isOwn()) for (const one of files) remove(one);
    }),
  };
}

/** Lets the file server set the time, and does not create the file. */
function appendByte(file: string): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(descriptor, " ");
  } finally {
    closeSync(descriptor);
  }
}

/** The message that says why a folder cannot be locked, and what to do about it. */
export function heldBy(folder: string, { pid, host }: Holder): string {
  const elsewhere = host === hostname() ? "" : `; if it has ended, try again in a minute`;
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
function removeAbandoned(folder: string, { own, now }: { own: string; now: number }): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${LOCK}.`) || name.startsWith(`${LOCK}.after-`) || name === `${LOCK}.${own}`)
      continue;
    const file = join(folder, name);
    const found = readLockFile(file);
    if (found === null) continue;
    const holder = parseHolder(found.text);
    // A file that cannot be parsed may be incomplete because a process is writing it.
    const age = now - found.modified;
    if (holder ? !isAlive(holder, age) : age > LEASE_MS) remove(file);
  }
}

interface LastHolder extends ReadFile {
  readonly holder: Holder;
}

interface Line {
  readonly files: readonly string[];
  /** Null if there is no lock, or if the last file cannot be parsed. */
  readonly last: LastHolder | null;
  /** The path of the next lock file. */
  readonly next: string;
}

function lineFrom(first: string): Line {
  const files: string[] = [];
  let last: LastHolder | null = null;
  let next = first;
  for (let found = readLockFile(next); found !== null; found = readLockFile(next)) {
    files.push(next);
    const holder = parseHolder(found.text);
    last = holder && { ...found, holder };
    next = `${first}.after-${holder?.id ?? files.length}`;
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

function readLockFile(file: string): ReadFile | null {
  // With a dangling link or a pipe, a process would wait for the lock forever.
  if (!(lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? true))
    throw new InputError(`${file} is not a lock of Squeezebox (it is not a regular file); remove it`);
  return readAgain(file);
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
