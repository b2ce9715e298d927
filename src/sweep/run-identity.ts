// Which run is in a folder: read from its result and its environment.json.

import { existsSync } from "node:fs";
import { readResult, runFolder } from "../records/run-folder.js";
import { readRegularFile } from "../regular-file.js";

/** The fingerprint of the finished run in a folder, or null. */
export function finishedFingerprint(path: string): string | null {
  return readResult(path)?.fingerprint ?? null;
}

const MOST_BYTES = 1 << 20;

interface Identity {
  readonly fingerprint?: string;
  readonly trajectory?: string;
  readonly backend?: string;
}

/** Reads from environment.json what a run is; returns nothing if the file is missing or damaged. */
export function environmentIn(path: string): Identity {
  const { environment } = runFolder(path);
  if (!existsSync(environment)) return {};
  try {
    const found = JSON.parse(readRegularFile(environment, MOST_BYTES).toString("utf8")) as Record<
      string,
      unknown
    > | null;
    const text = (key: keyof Identity, pattern: RegExp) => {
      const value = found?.[key];
      return typeof value === "string" && pattern.test(value) ? { [key]: value } : {};
    };
    const hash = /^[0-9a-f]{32}$/;
    return {
      ...text("fingerprint", hash),
      ...text("trajectory", hash),
      ...text("backend", /^[a-z-]{1,20}$/),
    };
  } catch {
    return {};
  }
}
