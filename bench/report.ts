// How long a report on a large sweep takes: 200 runs, with the predictions of 10,000 test images each.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "../src/commands/report.js";
import { writeLargeSweep } from "../test/present/large-sweep.js";

const folder = mkdtempSync(join(tmpdir(), "squeezebox-report-"));
try {
  writeLargeSweep(folder, { variants: 10, seeds: 20, images: 10_000, classes: 10, epochs: 30 });
  const start = performance.now();
  await report([folder], { json: true, watch: false, port: 0 });
  const seconds = (performance.now() - start) / 1000;
  const bytes = statSync(join(folder, "report.html")).size;
  console.log(`200 runs of 10,000 images: ${seconds.toFixed(1)} s, a page of ${(bytes / 1e6).toFixed(2)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}
