// squeezebox variance: trains a small crossed design of runs of one variant, and says where the spread of its results comes from.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadedFacts } from "../experiment/dataset-facts.js";
import { formatTable } from "../format.js";
import { metricScale, metricWords } from "../present/metric-words.js";
import { writeCsv } from "../records/csv.js";
import { VARIANCE_COLUMNS } from "../records/report-tables.js";
import { readResult } from "../records/run-folder.js";
import { type Component, type Components, varianceComponents } from "../statistics/components.js";
import { askedSweep } from "../sweep/load-sweep.js";
import { type VarianceDesign, varianceDesign } from "../sweep/seeds/variance-design.js";
import { watchData } from "./data-progress.js";
import { parseEngine } from "./inputs.js";
import { lineWidth, print, printError, printJson, wrapped } from "./output.js";
import { type SweepFlags, trainSweep } from "./train-sweep.js";

export interface VarianceFlags extends Omit<SweepFlags, "seeds"> {
  readonly variant?: string;
  readonly levels: number;
}

export async function variance(file: string, flags: VarianceFlags): Promise<number> {
  const engine = parseEngine(flags);
  const data = watchData(flags.json);
  const { sweep, overrides } = askedSweep(file, flags);
  const unused = [...sweep.random, ...(sweep.tune?.over ?? [])].map(({ path }) => path);
  if (unused.length > 0)
    printError(`${unused.join(", ")}: as in the experiment; a variance is that of runs with equal values`);
  const design = await varianceDesign(sweep, {
    variant: flags.variant ?? null,
    levels: flags.levels,
    overrides,
    factsOf: loadedFacts(data.progressed),
  }).finally(data.close);
  const text = `# the design of \`squeezebox variance\`; its runs differ in the seeds of ${design.sources.join(", ")}\n${readFileSync(file, "utf8")}`;
  return trainSweep(design.sweep, {
    ...{ text, flags, engine, warning: null },
    conclude: (_, { finished, failed, interrupted, left }, { folder, json }) => {
      for (const { run, reason } of failed) printError(`failed: ${run.name}: ${reason}`);
      const runs = design.sweep.runs.length;
      if (finished === runs) show(design, { folder, json });
      else if (json) printJson({ folder, runs, finished });
      else print(`${finished} of ${runs} runs finished; run the same command again for the others`);
      return interrupted || left !== null ? 130 : failed.length > 0 ? 1 : 0;
    },
  });
}

function show(
  { sweep, sources, rows, variant }: VarianceDesign,
  { folder, json }: { readonly folder: string; readonly json: boolean },
): void {
  const { metric } = sweep;
  const values = sweep.runs.map(({ name }) => readResult(join(folder, name))?.[metric] ?? Number.NaN);
  const components = varianceComponents(sources, rows, values);
  if (components === null || values.some(Number.isNaN)) {
    printError(`not all runs have the metric ${metric}, so nothing can be said about its variance`);
    return;
  }
  const file = join(folder, "variance.csv");
  const all = [...components.sources, components.rest];
  const total = all.reduce((sum, one) => sum + one.variance, 0);
  writeCsv(
    file,
    VARIANCE_COLUMNS,
    all.map((one) => ({
      source: one.source,
      freedom: one.freedom,
      mean_square: one.meanSquare,
      p: one.p,
      variance: one.variance,
      share: total > 0 ? one.variance / total : 0,
    })),
  );
  const sampling = metric === "test_error" ? samplingVariance(values, sweep) : null;
  if (json) {
    printJson({ folder, variant, metric, runs: values.length, sources: all, total, sampling, file });
    return;
  }
  print(`\n${tableOf(components, total, metric)}\n`);
  for (const sentence of sentencesOf({ components, total, sampling, metric, variant, runs: values.length }))
    print(wrapped(sentence));
  print(`\n${file}`);
}

/** Of the error of one run, because its test images are a sample: binomial. */
function samplingVariance(errors: readonly number[], { variants }: VarianceDesign["sweep"]): number | null {
  const images = variants[0]?.dataset.testImages ?? 0;
  if (images === 0) return null;
  return errors.reduce((sum, error) => sum + (error * (1 - error)) / images, 0) / errors.length;
}

const WORDS: Readonly<Record<string, string>> = {
  init: "initial weights (init)",
  order: "order of images (order)",
  augmentation: "augmentation",
  dropout: "dropout",
  split: "held-out images (split)",
  rest: "together, and rounding",
};

function tableOf(
  { sources, rest }: Components,
  total: number,
  metric: VarianceDesign["sweep"]["metric"],
): string {
  const { scale, points, digits } = metricScale(metric);
  const row = (name: string, variance: number) => [
    name,
    `${(Math.sqrt(variance) * scale).toFixed(digits)}${points}`,
    total > 0 ? `${Math.round((100 * variance) / total)} %` : "-",
  ];
  const rowOf = ({ source, variance, p }: Component) => [
    ...row(WORDS[source] ?? source, variance),
    p === null ? "" : p.toPrecision(2),
  ];
  return formatTable(
    ["source", "standard deviation", "share of variance", "p"],
    [...sources.map(rowOf), rowOf(rest), [...row("all", total), ""]],
    { right: [1, 2, 3], width: lineWidth() },
  );
}

interface Findings {
  readonly components: Components;
  readonly total: number;
  readonly sampling: number | null;
  readonly metric: VarianceDesign["sweep"]["metric"];
  readonly variant: string;
  readonly runs: number;
}

function sentencesOf({ components, total, sampling, metric, variant, runs }: Findings): string[] {
  const { scale, points, digits } = metricScale(metric);
  const size = (variance: number) => `${(Math.sqrt(variance) * scale).toFixed(digits)}${points}`;
  if (total === 0) return [`All ${runs} runs of ${variant} have the same ${metricWords(metric)}.`];
  const found = components.sources.filter(({ p }) => p !== null && p <= 0.05);
  const names = found.map(({ source }) => WORDS[source] ?? source).join(", ");
  return [
    `The ${metricWords(metric)} of ${variant} varies by ${size(total)} (standard deviation) between runs that differ in everything above, estimated from ${runs} runs with ${(components.sources[0]?.freedom ?? 0) + 1} seeds of each source. p: of the F test of a source against what sources do together.`,
    found.length > 0
      ? `Distinguishable from chance by itself (p <= 0.05): ${names}.`
      : "No source by itself is distinguishable from what they do together.",
    ...(sampling === null
      ? []
      : [
          `The test images are a sample, too: with others, the same networks would have errors that differ by ${size(sampling)}. ${
            sampling > total
              ? "A larger test set would make results surer than more seeds."
              : "More seeds would make results surer than a larger test set."
          } Comparisons of variants are paired, so much of both cancels (see ± seeds and ± images of \`squeezebox compare\`).`,
        ]),
  ];
}
