// The files of a sweep -> what its report shows. A file that is damaged is named, and the rest is reported.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCsv } from "../records/csv.js";
import { runFolder } from "../records/run-folder.js";
import type { Comparison } from "./comparison.js";
import type { ReportData } from "./html-report.js";
import type { EpochPoint } from "./plots.js";

export function readReport(folder: string, name: string, comparison: Comparison): ReportData {
  const damaged: string[] = [];
  const table = (file: string) => {
    try {
      return readCsv(file) ?? [];
    } catch (error) {
      damaged.push(`${file} is damaged and left out: ${(error as Error).message}`);
      return [];
    }
  };
  const text = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const plan = table(join(folder, "plan.csv"));
  const epochs = plan.flatMap(({ run = "", variant = "", seed = "" }) =>
    table(runFolder(join(folder, run)).epochs).map((row): EpochPoint => {
      const { epoch, train_loss, validation_loss } = row;
      return {
        variant,
        seed,
        epoch: Number(epoch),
        train: Number(train_loss),
        validation: Number(validation_loss),
      };
    }),
  );
  const runs = table(join(folder, "summary.csv")).map(({ variant = "", seed = "", ...row }) => ({
    variant,
    seed,
    value: Number(row[comparison.metric]),
  }));
  const first = plan.find(({ run = "" }) => existsSync(runFolder(join(folder, run)).environment))?.run ?? "";
  return {
    name,
    comparison,
    epochs: epochs.filter(({ train, validation }) => train > 0 && validation > 0),
    runs,
    plan,
    damaged,
    environment: text(runFolder(join(folder, first)).environment),
    sweep: text(join(folder, "sweep.yaml")),
  };
}
