// A comparison -> its table, for a terminal, Markdown, LaTeX, HTML and CSV.

import { formatTable } from "../format.js";
import type { WholeRow } from "../records/columns.js";
import type { COMPARISON_COLUMNS } from "../records/tables.js";
import { type Comparison, commonBaseline } from "../report/comparison.js";
import { type Column, columnsOf } from "./comparison-columns.js";
import { metricScale, metricWords } from "./metric-words.js";

export interface ComparisonTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Those of the lowest mean as it is written, and the column it stands in; none where nothing has finished. */
  readonly best: ReadonlySet<number>;
  readonly metricColumn: number;
}

/** Errors in percent with their differences in points, losses as they are. `width`: of a line, in characters. */
export function formatComparison(comparison: Comparison, width: number): string {
  return gainAndCost(comparison)
    .map(({ head, rows }) =>
      formatTable(head, rows, { right: head.map((_, column) => column).slice(1), width }),
    )
    .join("\n\n");
}

/** Two tables: what the variants gain, and what they cost. */
export function gainAndCost(comparison: Comparison): ComparisonTable[] {
  const { name, axes, runs, mean, interval, difference, test, cost } = columnsOf(comparison);
  return [
    [name, ...axes, runs, mean, interval, difference, ...test],
    [name, ...cost],
  ].map((columns) => tableOf(comparison, columns));
}

/** As papers have it: error, difference, parameters, MACs. */
function paperTable(comparison: Comparison): ComparisonTable {
  const { name, axes, runs, mean, difference, test, cost } = columnsOf(comparison);
  return tableOf(comparison, [name, ...axes, runs, mean, difference, ...test.slice(-1), ...cost]);
}

/** The best mean in bold, differences significant after Holm with a star; `about`: sentences that belong to it. */
export function comparisonMarkdown(comparison: Comparison, about: readonly string[]): string {
  const { head, rows, best, metricColumn } = paperTable(comparison);
  const lines = rows.map((row, index) =>
    row.map((cell, column) => (best.has(index) && column === metricColumn ? `**${cell}**` : cell)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return `${[line(head), line(rule), ...lines.map(line)].join("\n")}\n\n${legend(comparison)}\n\n${about.map((sentence) => `- ${sentence}`).join("\n")}\n`;
}

/** For the booktabs package; what is said of it as comments. */
export function comparisonLatex(comparison: Comparison, about: readonly string[]): string {
  const { head, rows, best, metricColumn } = paperTable(comparison);
  const line = (cells: readonly string[]) => `${cells.join(" & ")} \\\\`;
  const body = rows.map((row, index) =>
    line(
      row.map((cell, column) =>
        best.has(index) && column === metricColumn ? `\\textbf{${escapeLatex(cell)}}` : escapeLatex(cell),
      ),
    ),
  );
  return [
    ...[legend(comparison), ...about].map((sentence) => `% ${sentence}`),
    `\\begin{tabular}{l${"r".repeat(head.length - 1)}}`,
    "\\toprule",
    line(head.map(escapeLatex)),
    "\\midrule",
    ...body,
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

/** A dash alone says that there is nothing; before a digit it is a minus; elsewhere it belongs to a name. */
function escapeLatex(text: string): string {
  if (text === "-") return "--";
  return text
    .replace(/[%&_#$]/g, "\\$&")
    .replaceAll("±", "$\\pm$")
    .replace(/(^|[[(, ])-(?=\d)/g, "$1$-$");
}

/** Plain numbers, nothing rounded. */
export function comparisonRecords({ variants }: Comparison): WholeRow<typeof COMPARISON_COLUMNS>[] {
  const number = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);
  return variants.map(
    ({ metric, difference, test, seconds, values: _, differences: __, errorsByClass: ___, ...own }) => ({
      ...own,
      seconds: number(seconds?.mean),
      runs: metric?.n ?? 0,
      mean: number(metric?.mean),
      deviation: number(metric?.deviation),
      low: number(metric?.interval[0]),
      high: number(metric?.interval[1]),
      difference: number(difference?.mean),
      difference_low: number(difference?.interval[0]),
      difference_high: number(difference?.interval[1]),
      p: number(test?.p),
      p_holm: number(test?.adjustedP),
      smallest_p: number(test?.smallestP),
      effect: number(test?.effect),
    }),
  );
}

function tableOf({ metric, variants }: Comparison, columns: readonly Column[]): ComparisonTable {
  const { scale, digits } = metricScale(metric);
  const means = variants.map((variant) => variant.metric?.mean ?? Number.POSITIVE_INFINITY);
  const least = Math.min(...means);
  const written = (mean: number) => (mean * scale).toFixed(digits);
  const best = means.flatMap((mean, index) =>
    Number.isFinite(mean) && written(mean) === written(least) ? [index] : [],
  );
  return {
    head: columns.map(({ head }) => head),
    rows: variants.map((variant) => columns.map(({ cell }) => cell(variant))),
    best: new Set(best),
    metricColumn: columns.findIndex(({ head }) => head === metricWords(metric)),
  };
}

export function legend(comparison: Comparison): string {
  const baseline = commonBaseline(comparison) ?? "the baseline of its sweep";
  return `Mean ± standard deviation over seeds; difference to ${baseline} over the seeds both have, with its 95 % interval (Student, each on its own, errors cut at 0 and 100 %); p of the sign-flip test, corrected by Holm; effect: mean / standard deviation of the differences; * p <= 0.05.`;
}
