// The data of a report -> its figures, in the order of the page.

import { shortPath } from "../format.js";
import type { VariantComparison } from "../report/comparison.js";
import { drawnPaths } from "../report/drawn-values.js";
import type { ReportData } from "../report/read-report.js";
import { axisPlot, numericAxes } from "./axis-plot.js";
import { costPlot, forestPlot, pairedPlot } from "./comparison-plots.js";
import { confusionPlot, MOST_CLASSES } from "./confusion-plot.js";
import { drawnPlot } from "./drawn-plot.js";
import { learningCurves } from "./learning-curves.js";
import { levelWords } from "./metric-words.js";
import { beginPage, type Plotted } from "./plots.js";

export interface Figure extends Plotted {
  /** The name of its files. */
  readonly name: string;
  /** Says what is shown, and of how many runs. */
  readonly caption: string;
}

/** The number of colours, so that curves can be told apart. */
const MOST_CURVES = 8;
/** Matrices of more variants would be too much to look at. */
const MOST_MATRICES = 3;

export async function figuresOf(data: ReportData): Promise<Figure[]> {
  const { comparison, epochs } = data;
  const { variants } = comparison;
  const figures: Figure[] = [];
  beginPage();
  const add = async (name: string, plotted: Promise<Plotted> | null, caption: string) => {
    if (plotted) figures.push({ name, caption, ...(await plotted) });
  };
  const runs = countWords(variants.map(({ metric }) => metric?.n ?? 0));
  if (variants.some(({ metric }) => metric)) {
    const seeds = countWords(variants.flatMap(({ difference }) => (difference ? [difference.n] : [])));
    const tested = variants.filter(({ test }) => test);
    const sequence = tested.every(({ isSequential }) => isSequential)
      ? " (a confidence sequence)"
      : tested.some(({ isSequential }) => isSequential)
        ? " (a confidence sequence where seeds are added until a decision, otherwise Student's)"
        : "";
    await add(
      "difference",
      forestPlot(comparison),
      `Difference from the baseline, n = ${seeds}: mean with ${levelWords(comparison)} interval${sequence} (an arrow if it extends beyond the plot); each tick is one seed. Filled: p <= ${comparison.alpha} after Holm's correction, or equal within the margin. Parameters and time per run: change from the baseline.`,
    );
    const majority =
      comparison.majorityError !== null && comparison.metric === "test_error"
        ? " Dashed: the error of always predicting the most frequent class."
        : "";
    await add(
      "runs",
      pairedPlot(comparison),
      `All runs, n = ${runs} for each variant. Lines connect runs with the same seed.${majority}`,
    );
    const hasIntervals = variants.some(({ metric }) => (metric?.n ?? 0) > 1);
    const unpaired = hasIntervals
      ? `Each 95 % interval is that of the mean of n = ${runs}; the differences seed by seed are shown above.`
      : `n = ${runs} for each variant.`;
    for (const axis of numericAxes(comparison))
      await add(
        `axis-${axis}`,
        axisPlot(comparison, axis),
        `Metric against ${axis}; dashed: the baseline. ${unpaired}`,
      );
    for (const path of drawnPaths(comparison).keys())
      if (variants.some(({ difference }) => difference))
        await add(
          `drawn-${shortPath(path).replaceAll(".", "-")}`,
          drawnPlot(comparison, path),
          `Difference from the baseline against ${path}, which each seed drew: each point is one seed (n = ${seeds}); below the dashed line is better.`,
        );
    for (const [cost, words] of [
      ["params", "parameters"],
      ["macs", "multiply-accumulate operations per image"],
    ] as const) {
      const plot = costPlot(comparison, cost);
      const front = plot?.hasFront ? "; dashed: the Pareto front (no other is both cheaper and better)" : "";
      if (plot) await add(`cost-${cost}`, plot.plotted, `Metric against ${words}${front}. ${unpaired}`);
    }
  }
  const shown = variantsShown(variants);
  const which =
    shown.length < variants.length ? ` Only the baseline and the best ${shown.length - 1} are shown.` : "";
  const means = `mean over n = ${runs}; the band spans the smallest and the largest value in validation.${which}`;
  for (const quantity of ["loss", "error"] as const)
    if (epochs.length > 0)
      await add(
        `${quantity}-by-epoch`,
        learningCurves(epochs, { variants: shown, quantity }),
        `${quantity === "loss" ? "Loss" : "Error"} by epoch: ${means}`,
      );
  await addConfusions(data, add);
  return figures;
}

type Add = (name: string, plotted: Promise<Plotted> | null, caption: string) => Promise<void>;

/** The matrix of the baseline, and what changes with the variants that differ most from it. */
async function addConfusions(
  { comparison: { variants }, confusions, classNames }: ReportData,
  add: Add,
): Promise<void> {
  const sizes = [...confusions.values()].map(({ length }) => length);
  if (sizes.length === 0 || Math.max(...sizes) > MOST_CLASSES || new Set(sizes).size > 1) return;
  const runsOf = (name: string) => variants.find(({ variant }) => variant === name)?.metric?.n ?? 0;
  const most = variants
    .filter(({ difference }) => difference)
    .sort((a, b) => Math.abs(b.difference?.mean ?? 0) - Math.abs(a.difference?.mean ?? 0))
    .slice(0, MOST_MATRICES);
  for (const name of new Set(most.map(({ baseline }) => baseline))) {
    const own = confusions.get(name);
    const isPerfect = own?.every((row, label) =>
      row.every((images, predicted) => label === predicted || images === 0),
    );
    if (own && !isPerfect)
      await add(
        `confusion-${fileName(name)}`,
        confusionPlot({ own, base: null, classNames }),
        `What ${name} mistakes test images for: mean number of images over n = ${runsOf(name)}.`,
      );
  }
  for (const { variant, baseline } of most) {
    const [own, base] = [confusions.get(variant), confusions.get(baseline)];
    if (own && base)
      await add(
        `confusion-${fileName(variant)}`,
        confusionPlot({ own, base, classNames }),
        `What changes with ${variant}: its mean number of images in each cell of the confusion matrix (n = ${runsOf(variant)}) minus that of ${baseline} (n = ${runsOf(baseline)}).`,
      );
  }
}

/** With several sweeps, names of variants contain slashes. */
function fileName(variant: string): string {
  return variant.replaceAll("/", "-");
}

/** Such as `8` or `7 to 20`. */
function countWords(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return counts.length === 0 ? "0" : least === most ? String(least) : `${least} to ${most}`;
}

function variantsShown(variants: readonly VariantComparison[]): string[] {
  const byMean = variants
    .filter(({ uncompared }) => uncompared?.kind !== "stopped")
    .sort(
      (a, b) =>
        Number(b.variant === b.baseline) - Number(a.variant === a.baseline) ||
        (a.metric?.mean ?? Number.POSITIVE_INFINITY) - (b.metric?.mean ?? Number.POSITIVE_INFINITY),
    );
  const shown = new Set(byMean.slice(0, MOST_CURVES));
  return variants.filter((variant) => shown.has(variant)).map(({ variant }) => variant);
}
