// Loaded before all tests: gives them a cache of their own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "squeezebox-cache-"));
process.env.SQUEEZEBOX_CACHE = folder;

export const mochaHooks = {
  afterAll: () => rmSync(folder, { recursive: true, force: true }),
};
