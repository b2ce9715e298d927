// What is known of sweeps -> one self-contained page: question, answer, table, plots, runs. No script, no network.

import { stringify } from "yaml";
import { type Comparison, commonBaseline } from "./comparison.js";
import { axisPlot, costPlot, differencePlot, numericAxes, pairedPlot } from "./comparison-plots.js";
import { gainAndCost, legend } from "./comparison-table.js";
import { configChanges } from "./config-changes.js";
import { formatDuration } from "./format.js";
import { escapeHtml, figure, foldedText, htmlTable, page } from "./html.js";
import { learningCurves } from "./learning-curves.js";
import { metricScale, metricWords } from "./metric-words.js";
import { beginPage } from "./plots.js";
import type { ReportData } from "./read-report.js";
import { answerOf, conditionsOf, sentencesOf } from "./sentences.js";

export async function htmlReport(data: ReportData): Promise<string> {
  const { name, comparison, damaged } = data;
  const { metric } = comparison;
  const baseline = commonBaseline(comparison) ?? "the baseline of its sweep";
  const seeds = new Set(data.runs.map(({ seed }) => seed)).size;
  return page(
    name,
    `<p>Which variants have a lower ${escapeHtml(metricWords(metric))} than <b>${escapeHtml(baseline)}</b>? Compared: ${comparison.comparisons}, over ${seeds} ${seeds === 1 ? "seed" : "seeds"}.</p>
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
<p class="legend">${escapeHtml(`${legend(comparison)} Bold: the lowest mean as it is written. All of it follows from the column ${metric} of summary.csv.`)}</p>
<div class="plots">${(await plotsOf(data)).join("\n")}</div>
<h2>Runs</h2>
${runTable(data)}
${foldedText("Environment", data.environments.join("\n"))}
${data.sweeps.map(({ name, text }) => foldedText(`Sweep ${name}`, text)).join("\n")}
${configText(data)}`,
  );
}

/** As many learning curves as there are colours to tell them apart. */
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
      "Difference to the baseline: mean with its 95 % interval (cut where it leaves the plot); each stroke is one seed.",
    );
    await add(pairedPlot(comparison), "Every run. Lines join the runs of one seed.");
    for (const axis of numericAxes(comparison))
      await add(
        axisPlot(comparison, axis),
        `Against ${axis}, with 95 % intervals of the means; dashed: the baseline.`,
      );
    const front =
      "with 95 % intervals of the means; dashed: the Pareto front, where no other is cheaper and better.";
    await add(costPlot(comparison, "params"), `Against parameters, ${front}`);
    await add(costPlot(comparison, "macs"), `Against multiply-accumulates of one image, ${front}`);
  }
  const shown = variantsShown(comparison);
  const which = shown.length < variants.length ? ` The baseline and the best ${shown.length - 1} only.` : "";
  const means = `mean over seeds; the band goes from the least to the greatest in validation.${which}`;
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
      result?.[metric] ? `${(Number(result[metric]) * scale).toFixed(digits)}${unit}` : "",
      result?.seconds ? formatDuration(Number(result.seconds)) : "",
      reason,
    ]),
  );
}

/** The first experiment in full, and what differs in the others. */
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
