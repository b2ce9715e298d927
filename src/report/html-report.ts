// A sweep's tables -> one self-contained page: question, answer, table, plots, runs. No script, no network.

import type { Comparison } from "./comparison.js";
import { comparisonTable } from "./comparison-table.js";
import { metricWords } from "./metric-words.js";
import { costPlot, type EpochPoint, learningCurves, pairedPlot, type RunPoint } from "./plots.js";
import { sentencesOf } from "./sentences.js";

export interface ReportData {
  readonly name: string;
  readonly comparison: Comparison;
  readonly epochs: readonly EpochPoint[];
  readonly runs: readonly RunPoint[];
  /** Of the plan: run, status, reason. */
  readonly plan: readonly Readonly<Record<string, string>>[];
  /** Files that could not be read, each with why. */
  readonly damaged: readonly string[];
  readonly environment: string;
  readonly sweep: string;
}

export async function htmlReport(data: ReportData): Promise<string> {
  const { name, comparison, epochs, runs, plan, damaged } = data;
  const { metric, baseline, variants } = comparison;
  const finished = plan.filter(({ status }) => status === "finished").length;
  const partial =
    finished < plan.length
      ? `<p class="note">Partial: ${finished} of ${plan.length} runs have finished.</p>`
      : "";
  const notes = damaged.map((problem) => `<p class="note">${escapeHtml(problem)}</p>`).join("");
  const names = variants.map(({ variant }) => variant);
  const plots = [
    figure(await costPlot(comparison, "params"), "Against parameters, with 95 % intervals of the means."),
    figure(await costPlot(comparison, "macs"), "Against multiply-accumulates of one image."),
    ...(runs.length > 0
      ? [figure(await pairedPlot(runs, names, metric), "Every run; lines join the runs of one seed.")]
      : []),
    ...(epochs.length > 0
      ? [
          figure(
            await learningCurves(epochs),
            "Loss by epoch: mean over seeds; the band goes from the least to the greatest.",
          ),
        ]
      : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(name)}</h1>
<p>Does it lower ${escapeHtml(metricWords(metric))}, compared with <b>${escapeHtml(baseline)}</b>?</p>
${partial}${notes}
<ul>${sentencesOf(comparison)
    .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
    .join("")}</ul>
${tableOf(comparison)}
${plots.join("\n")}
<h2>Runs</h2>
${htmlTable(
  ["run", "status", "reason"],
  plan.map(({ run = "", status = "", reason = "" }) => [run, status, reason]),
)}
<details><summary>Environment</summary><pre>${escapeHtml(data.environment)}</pre></details>
<details><summary>Sweep</summary><pre>${escapeHtml(data.sweep)}</pre></details>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 0.9rem; display: block; overflow-x: auto; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 2rem 0; overflow-x: auto; }
figcaption, .legend { font-size: 0.9rem; opacity: 0.8; }
.note { border-left: 4px solid #D55E00; padding-left: 0.75rem; }
pre { overflow-x: auto; font-size: 0.85rem; }
@media print { details { display: none; } }
`;

function tableOf(comparison: Comparison): string {
  const { head, rows, legend } = comparisonTable(comparison);
  return `${htmlTable(head, rows)}<p class="legend">${escapeHtml(legend)}</p>`;
}

function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table><thead>${line(head, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("\n")}</tbody></table>`;
}

function figure(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
