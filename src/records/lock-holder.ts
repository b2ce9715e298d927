// Who holds a lock, and whether that process is alive.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, because process ids are reused; empty if the system does not tell. */
  readonly started: string;
  /** Unique to one lock. */
  readonly id: string;
}

/** A process on another machine that has given no sign of life for this many milliseconds counts as dead. */
export const LEASE_MS = 60_000;

/** This process, as the holder of a new lock. */
export function ownHolder(): Holder {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? "", id: randomUUID() };
}

/** Returns null for damaged content, as left behind by a full disk or a power failure. */
export function parseHolder(text: string): Holder | null {
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

/** `age`: the time since the last sign of life, in milliseconds by the clock of the file server. */
export function isAlive({ pid, host, started }: Holder, age: number): boolean {
  if (host !== hostname()) return age < LEASE_MS;
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
