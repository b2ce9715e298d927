// The folders of sweeps -> the data of their report. Damaged files are reported and skipped.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AskedComparison } from "../config/sweep-question.js";
import { type RunData, readRunData } from "../records/run-data.js";
import { runFolder } from "../records/run-folder.js";
import { isLeftOut } from "../records/run-status.js";
import { EPOCH_COLUMNS } from "../records/tables.js";
import { readRegularFile } from "../regular-file.js";
import { variantLabels } from "./comparable-variants.js";
import { type Comparison, type ComparisonAsked, compareSweeps } from "./comparison.js";
import { type ImageEvidence, imageEvidence } from "./image-evidence.js";
import { type ConfusionMatrix, readConfusions } from "./read-confusions.js";
import { type PlannedRun, readConfig, readSweep, readTable, type SweepTables } from "./read-sweep.js";

export interface ReportedRun extends PlannedRun {
  /** Its folder. */
  readonly path: string;
  /** Number of finished epochs. */
  readonly epochs: number;
}

/** One epoch of one run. */
export interface EpochPoint {
  readonly variant: string;
  readonly seed: number;
  readonly epoch: number;
  readonly train_loss: number | null;
  readonly validation_loss: number | null;
  readonly train_error: number | null;
  readonly validation_error: number | null;
}

export interface ReportData {
  readonly name: string;
  readonly comparison: Comparison;
  /** By variant, in the order of the comparison. */
  readonly evidence: readonly ImageEvidence[];
  readonly confusions: ReadonlyMap<string, ConfusionMatrix>;
  readonly epochs: readonly EpochPoint[];
  readonly runs: readonly ReportedRun[];
  /** Variant -> the data of its first run that has a dataset.json. */
  readonly runData: ReadonlyMap<string, RunData>;
  /** Empty if not known. */
  readonly classNames: readonly string[];
  /** Messages about files, rows and cells that could not be read. */
  readonly damaged: readonly string[];
  readonly environments: readonly string[];
  /** The texts of the sweeps' files as the user wrote them. */
  readonly sweeps: readonly {
    readonly name: string;
    readonly text: string;
    readonly asked: AskedComparison | null;
  }[];
  /** Variant -> its experiment with all defaults filled in. */
  readonly configs: ReadonlyMap<string, unknown>;
}

/** Throws InputError if a folder is not the folder of a sweep, and for an unknown metric or baseline. */
export function readReport(folders: readonly string[], asked: ComparisonAsked): ReportData {
  const sweeps = folders.map(readSweep);
  const comparison = compareSweeps(sweeps, asked);
  const damaged = sweeps.flatMap((sweep) => sweep.damaged);
  const evidence = imageEvidence(sweeps, asked, damaged);
  const confusions = readConfusions(sweeps, damaged);
  const epochs: EpochPoint[] = [];
  const runs: ReportedRun[] = [];
  const configs = new Map<string, unknown>();
  const runData = new Map<string, RunData>();
  for (const { sweep, label, runs: own } of variantLabels(sweeps))
    for (const run of own) {
      const files = runFolder(join(sweep.folder, run.run));
      const rows = readTable(files.epochs, EPOCH_COLUMNS, damaged) ?? [];
      // Runs that failed or were not needed have no result that their epochs could explain.
      const counts = run.status !== "failed" && !isLeftOut(run.status);
      epochs.push(
        ...(counts ? rows : []).flatMap(({ epoch, ...row }): EpochPoint[] =>
          epoch === null ? [] : [{ ...row, variant: label, seed: run.seed, epoch }],
        ),
      );
      const own = runData.has(label) ? null : runDataIn(files.data, damaged);
      if (own) runData.set(label, own);
      runs.push({ ...run, path: files.path, variant: label, epochs: rows.length });
      if (!configs.has(label) && existsSync(files.config))
        configs.set(label, readConfig(files.config, damaged));
    }
  return {
    name: sweeps.map(({ name }) => name).join(", "),
    comparison,
    evidence,
    confusions,
    epochs,
    runs,
    runData,
    classNames: [...runData.values()][0]?.classNames ?? [],
    damaged,
    environments: sweeps.flatMap(environmentsOf),
    sweeps: sweeps.map(({ name, folder, asked }) => ({
      ...{ name, asked },
      text: textOf(join(folder, "sweep.yaml")),
    })),
    configs,
  };
}

function runDataIn(file: string, damaged: string[]): RunData | null {
  if (!existsSync(file)) return null;
  try {
    return readRunData(file);
  } catch (error) {
    damaged.push((error as Error).message);
    return null;
  }
}

/** The distinct environments of a sweep's runs, without the fingerprints of the runs. */
function environmentsOf({ folder, runs }: SweepTables): string[] {
  const texts = runs.map(({ run }) => textOf(runFolder(join(folder, run)).environment));
  return [
    ...new Set(
      texts.filter(Boolean).map((text) => text.replace(/^ *"(?:fingerprint|trajectory)":.*\n/gm, "")),
    ),
  ];
}

const MOST_BYTES = 1 << 22;

/** Empty if the file does not exist or cannot be read. */
function textOf(file: string): string {
  try {
    return existsSync(file) ? readRegularFile(file, MOST_BYTES).toString("utf8") : "";
  } catch {
    return "";
  }
}
