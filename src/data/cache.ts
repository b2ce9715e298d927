// A folder of this user in which what was computed from datasets is kept: tables, and files of packed images.
// An entry is complete once its table is written, after its content. Whatever is incomplete or damaged is made again.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonical } from "../canonical.js";
import { removeLeftovers, writeWhole } from "../records/files.js";
import { isHere, isLock, lockFolder } from "../records/lock.js";
import { entriesIn } from "./sources/entries.js";

export interface Entry<Table> {
  readonly table: Table;
  /** The path of the file that belongs to the table. */
  readonly content: string;
}

/** The folder by the convention of the platform, or `SQUEEZEBOX_CACHE`; null if that is `off`. */
export function cacheFolder(): string | null {
  const { SQUEEZEBOX_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SQUEEZEBOX_CACHE) return SQUEEZEBOX_CACHE === "off" ? null : SQUEEZEBOX_CACHE;
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "squeezebox");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "squeezebox", "Cache");
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "squeezebox");
}

/**
 * Returns the entry with a key, which `make` makes if there is none: it may write `content` and returns the table. Of several
 * processes that need the same entry, one makes it and the others wait. Returns null if there is no cache, or if it cannot be
 * written. If `SQUEEZEBOX_SCRATCH` names a folder on a disk of this machine, the entry is copied there.
 */
export async function cached<Table>(
  key: readonly unknown[],
  make: (content: string) => Promise<Table>,
): Promise<Entry<Table> | null> {
  const root = cacheFolder();
  if (root === null) return null;
  const shared = join(root, hashOf(key).slice(0, 32));
  const { SQUEEZEBOX_SCRATCH: scratch } = process.env;
  if (!scratch) return cachedIn(shared, make);
  const copy = async (content: string): Promise<Table> => {
    const entry = await cachedIn(shared, make);
    if (entry === null) return make(content);
    if (existsSync(entry.content)) copyFileSync(entry.content, content);
    return entry.table;
  };
  return (await cachedIn(join(scratch, "squeezebox", basename(shared)), copy)) ?? cachedIn(shared, make);
}

async function cachedIn<Table>(
  folder: string,
  make: (content: string) => Promise<Table>,
): Promise<Entry<Table> | null> {
  for (;;) {
    const known = readEntry<Table>(folder);
    if (known !== null) return known;
    const lock = tryLock(folder);
    if (lock === null) return null;
    if (!isLock(lock)) {
      if (!isHere(lock)) return null;
      await sleep(POLL_MS);
      continue;
    }
    try {
      // It may have been made while this process waited for the lock.
      const made = readEntry<Table>(folder);
      if (made !== null) return made;
      removeLeftovers(folder);
      return await makeEntry(folder, make);
    } finally {
      lock.release();
    }
  }
}

/** A table, from the cache if there is one. */
export async function cachedTable<Table>(
  key: readonly unknown[],
  make: () => Promise<Table>,
): Promise<Table> {
  const entry = await cached(key, make);
  return entry ? entry.table : make();
}

export interface CacheEntry {
  readonly folder: string;
  readonly bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly used: number;
}

/** The entries of the cache, the most recently used first. Throws InputError if it is not a folder. */
export function cacheEntries(root: string): CacheEntry[] {
  if (!existsSync(root)) return [];
  return entriesIn(root)
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .map(({ name }) => {
      const folder = join(root, name);
      const stats = namesIn(folder).flatMap(
        (file) => statSync(join(folder, file), { throwIfNoEntry: false }) ?? [],
      );
      return {
        folder,
        bytes: stats.reduce((sum, { size }) => sum + size, 0),
        used: stats.reduce((last, { mtimeMs }) => Math.max(last, mtimeMs), 0),
      };
    })
    .sort((a, b) => b.used - a.used);
}

/** None if another process has removed the folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Removes an entry, unless a process is making it. Returns whether it was removed. */
export function removeEntry({ folder }: CacheEntry): boolean {
  const lock = tryLock(folder);
  if (lock === null || !isLock(lock)) return false;
  // Another process that wants to remove it may be adding files to it for a moment.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return true;
}

const POLL_MS = 200;
const NAME = /^[0-9a-f]{32}$/;
const TABLE = "table.json";

/** Entries that have not been used for the longest time are removed if the cache is larger. */
const MOST_BYTES = 64 * 2 ** 30;

async function makeEntry<Table>(
  folder: string,
  make: (content: string) => Promise<Table>,
): Promise<Entry<Table> | null> {
  const content = join(folder, "content");
  rmSync(content, { force: true });
  try {
    const table = await make(content);
    const text = JSON.stringify(table);
    const bytes = statSync(content, { throwIfNoEntry: false })?.size ?? 0;
    writeWhole(
      join(folder, TABLE),
      JSON.stringify({ sha256: hashOf([basename(folder), text, bytes]), bytes, table: text }),
    );
    removeOldest(join(folder, ".."), folder);
    return { table, content };
  } catch (error) {
    rmSync(content, { force: true });
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return null;
  }
}

function removeOldest(root: string, own: string): void {
  let total = 0;
  for (const entry of cacheEntries(root)) {
    total += entry.bytes;
    if (total > MOST_BYTES && entry.folder !== own) removeEntry(entry);
  }
}

function readEntry<Table>(folder: string): Entry<Table> | null {
  const file = join(folder, TABLE);
  const content = join(folder, "content");
  try {
    const { sha256, bytes, table } = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    if (sha256 !== hashOf([basename(folder), table, bytes])) return null;
    if (Number(bytes) !== (statSync(content, { throwIfNoEntry: false })?.size ?? 0)) return null;
    touch(file);
    return { table: JSON.parse(table as string) as Table, content };
  } catch {
    return null;
  }
}

/** Marks an entry as used, if the cache can be written. */
function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {}
}

/** Null if the folder cannot be written. */
function tryLock(folder: string): ReturnType<typeof lockFolder> | null {
  try {
    return lockFolder(folder);
  } catch {
    return null;
  }
}

function hashOf(key: readonly unknown[]): string {
  return createHash("sha256").update(canonical(key)).digest("hex");
}
