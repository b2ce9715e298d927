// One process at a time in a folder: a lock file with the process' number, void when that process is gone.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

export interface Lock {
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: numbers of processes are used again. */
  readonly started: string;
}

/** The lock, or who holds it. */
export function lockFolder(folder: string): Lock | Holder {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, ".lock");
  const own: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? "" };
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (;;) {
      try {
        linkSync(mine, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(file);
      if (holder && isAlive(holder)) return holder;
      removeStale(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Takes a dead process' lock away; one that a live process put in its place meanwhile is put back. */
function removeStale(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const holder = readHolder(aside);
  if (holder && isAlive(holder)) linkSync(aside, file);
  rmSync(aside, { force: true });
}

export function isLock(result: Lock | Holder): result is Lock {
  return "release" in result;
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    // Gone meanwhile, or half-written by a process that was killed.
    return null;
  }
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
