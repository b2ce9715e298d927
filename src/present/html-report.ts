// The data of sweeps -> one self-contained page with question, answer, tables, plots and runs. It has no scripts and loads nothing.

import { stringify } from "yaml";
import { formatDuration } from "../format.js";
import { type Comparison, commonBaseline } from "../report/comparison.js";
import { configChanges } from "../report/config-changes.js";
import type { ReportData } from "../report/read-report.js";
import { axisPlot, numericAxes } from "./axis-plot.js";
import { costPlot, differencePlot, pairedPlot } from "./comparison-plots.js";
import { gainAndCost, legend } from "./comparison-table.js";
import { classDifferenceTable, EVIDENCE_LEGEND, evidenceSentences, evidenceTable } from "./evidence.js";
import { escapeHtml, figure, foldedText, htmlTable, imageFigure, page } from "./html.js";
import { learningCurves } from "./learning-curves.js";
import { levelWords, metricScale, metricWords } from "./metric-words.js";
import { beginPage } from "./plots.js";
import { answerOf, conditionsOf, sentencesOf } from "./sentences.js";

/** The images that a variant gains and loses, as PNG, or why they cannot be shown. */
export type TurnedPicture =
  | { readonly gained: Buffer | null; readonly lost: Buffer | null }
  | { readonly problem: string };

/** By variant. */
export type TurnedPictures = ReadonlyMap<string, TurnedPicture>;

export async function htmlReport(data: ReportData, pictures: TurnedPictures = new Map()): Promise<string> {
  const { name, comparison, damaged } = data;
  const { metric } = comparison;
  const baseline = commonBaseline(comparison) ?? "the baseline of their sweep";
  const seeds = new Set(data.runs.map(({ seed }) => seed)).size;
  return page(
    name,
    `<p>Which variants have a lower ${escapeHtml(metricWords(metric))} than <b>${escapeHtml(baseline)}</b>? Variants compared: ${comparison.comparisons}, over ${seeds} ${seeds === 1 ? "seed" : "seeds"}.</p>
<p class="answer">${escapeHtml(answerOf(comparison))}</p>
${damaged.map((problem) => `<p class="damaged">${escapeHtml(problem)}</p>`).join("\n")}
${conditionsOf(comparison)
  .map((condition) => `<p class="note">${escapeHtml(condition)}</p>`)
  .join("\n")}
<ul>${sentencesOf(comparison)
      .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
      .join("\n")}</ul>
${gainAndCost(comparison)
  .map(({ head, rows, best }) => htmlTable(head, rows, { bold: best }))
  .join("\n")}
${classTable(data)}
${evidenceSection(data, pictures)}
<p class="legend">${escapeHtml(`${legend(comparison)} Bold: the lowest mean. The statistics are computed from the column ${metric} of summary.csv.`)}</p>
<div class="plots">${(await plotsOf(data)).join("\n")}</div>
<h2>Runs</h2>
${runTable(data)}
${foldedText("Environment", data.environments.join("\n"))}
${data.sweeps.map(({ name, text }) => foldedText(`Sweep ${name}`, text)).join("\n")}
${configText(data)}`,
  );
}

/** What runs predict of each test image; empty if that was not kept. */
function evidenceSection({ comparison, evidence, classNames }: ReportData, pictures: TurnedPictures): string {
  const byClass = classDifferenceTable(evidence, { classNames, alpha: comparison.alpha });
  const table = evidenceTable(evidence);
  const parts = [
    byClass &&
      `${htmlTable(byClass.head, byClass.rows)}<p class="legend">Differences in the test error of each class in points; * p &lt;= ${comparison.alpha} after Holm's correction for the classes of the variant.</p>`,
    table &&
      `<h2>By test image</h2>${htmlTable(table.head, table.rows)}<p class="legend">${escapeHtml(EVIDENCE_LEGEND)}</p><ul>${evidenceSentences(
        evidence,
      )
        .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
        .join("\n")}</ul>`,
  ];
  return [...parts.filter((part) => part !== null), ...[...pictures].flatMap(pictureParts)].join("\n");
}

function pictureParts([variant, found]: [string, TurnedPicture]): string[] {
  if ("problem" in found)
    return [
      `<p class="note">${escapeHtml(`${variant}: the images that it gains and loses cannot be shown: ${found.problem}`)}</p>`,
    ];
  const captions = {
    gained: `Gained by ${variant}: all of its runs classify these test images correctly, and none of the baseline does.`,
    lost: `Lost by ${variant}: none of its runs classifies these test images correctly, and all of the baseline do.`,
  };
  return (["gained", "lost"] as const).flatMap((kind) => {
    const png = found[kind];
    return png ? [imageFigure(png, captions[kind])] : [];
  });
}

const UNPAIRED = "Each 95 % interval is that of a single mean; the differences seed by seed are shown above.";

/** The number of colours, so that curves can be told apart. */
const MOST_CURVES = 8;

async function plotsOf({ comparison, epochs }: ReportData): Promise<string[]> {
  const { variants } = comparison;
  if (variants.every(({ metric }) => !metric) && epochs.length === 0) return [];
  const plots: string[] = [];
  beginPage();
  const add = async (svg: Promise<string> | null, caption: string) => {
    if (svg) plots.push(figure(await svg, caption));
  };
  if (variants.some(({ metric }) => metric)) {
    await add(
      differencePlot(comparison),
      `Difference from the baseline: mean with ${levelWords(comparison)} interval (an arrow if it extends beyond the plot); each tick is one seed.`,
    );
    const majority =
      comparison.majorityError !== null && comparison.metric === "test_error"
        ? " Dashed: the error of always predicting the most frequent class."
        : "";
    await add(pairedPlot(comparison), `All runs. Lines connect runs with the same seed.${majority}`);
    for (const axis of numericAxes(comparison))
      await add(axisPlot(comparison, axis), `Metric against ${axis}; dashed: the baseline. ${UNPAIRED}`);
    for (const [cost, words] of [
      ["params", "parameters"],
      ["macs", "multiply-accumulate operations per image"],
    ] as const) {
      const plot = costPlot(comparison, cost);
      const front = plot?.hasFront ? "; dashed: the Pareto front (no other is both cheaper and better)" : "";
      if (plot) await add(plot.svg, `Metric against ${words}${front}. ${UNPAIRED}`);
    }
  }
  const shown = variantsShown(comparison);
  const which =
    shown.length < variants.length ? ` Only the baseline and the best ${shown.length - 1} are shown.` : "";
  const means = `mean over seeds; the band spans the smallest and the largest value in validation.${which}`;
  for (const quantity of ["loss", "error"] as const)
    if (epochs.length > 0)
      await add(
        learningCurves(epochs, { variants: shown, quantity }),
        `${quantity === "loss" ? "Loss" : "Error"} by epoch: ${means}`,
      );
  return plots;
}

function variantsShown({ variants }: Comparison): string[] {
  const byMean = [...variants].sort(
    (a, b) =>
      Number(b.variant === b.baseline) - Number(a.variant === a.baseline) ||
      (a.metric?.mean ?? Number.POSITIVE_INFINITY) - (b.metric?.mean ?? Number.POSITIVE_INFINITY),
  );
  const shown = new Set(byMean.slice(0, MOST_CURVES));
  return variants.filter((variant) => shown.has(variant)).map(({ variant }) => variant);
}

function runTable({ runs, comparison: { metric } }: ReportData): string {
  const { scale, unit, digits } = metricScale(metric);
  return htmlTable(
    ["run", "status", "epochs", metricWords(metric), "time", "reason"],
    runs.map(({ variant, seed, status, epochs, result, reason }) => [
      `${variant}/seed-${seed}`,
      status,
      String(epochs),
      written(result?.[metric] ?? null, (value) => `${(value * scale).toFixed(digits)}${unit}`),
      written(result?.seconds ?? null, formatDuration),
      reason,
    ]),
  );
}

/** Empty if there is no value. */
function written(value: number | null, format: (value: number) => string): string {
  return value === null ? "" : format(value);
}

/** A table with more classes would be unreadable. */
const MOST_CLASSES = 20;

/** Test error by class; empty if no run has it, if there are too many classes, or if variants have different numbers of classes. */
function classTable({ comparison: { variants }, classNames }: ReportData): string {
  const rows = variants.flatMap(({ variant, errorsByClass }) =>
    errorsByClass && errorsByClass.length <= MOST_CLASSES ? [{ variant, errorsByClass }] : [],
  );
  const [first] = rows;
  if (!first || rows.some(({ errorsByClass }) => errorsByClass.length !== first.errorsByClass.length))
    return "";
  const names = first.errorsByClass.map((_, label) => classNames[label] ?? String(label));
  return htmlTable(
    ["test error by class", ...names.map((name) => `class ${name}`)],
    rows.map(({ variant, errorsByClass }) => [
      variant,
      ...errorsByClass.map((error) => (error === null ? "-" : `${(100 * error).toFixed(2)} %`)),
    ]),
  );
}

/** The first experiment in full, and the differences of the others from it. */
function configText({ configs }: ReportData): string {
  const [first, ...others] = configs;
  if (!first) return "";
  const [name, config] = first;
  const changes = others.map(([other, value]) =>
    [`${other}:`, ...configChanges(config, value).map((change) => `  ${change}`)].join("\n"),
  );
  const full = foldedText(`Experiment of ${name}, with all defaults`, stringify(config));
  return changes.length === 0
    ? full
    : `${full}\n${foldedText(`What differs from ${name}`, changes.join("\n"))}`;
}
