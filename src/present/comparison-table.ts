// A comparison -> its table for a terminal, Markdown, LaTeX, HTML or CSV.

import { formatTable } from "../format.js";
import { cellOf, type WholeRow } from "../records/columns.js";
import type { COMPARISON_COLUMNS } from "../records/report-tables.js";
import { type Comparison, commonBaseline } from "../report/comparison.js";
import { type Column, columnsOf } from "./comparison-columns.js";
import { levelWords, metricScale, metricWords } from "./metric-words.js";

export interface ComparisonTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Indices of the rows with the lowest mean, compared as displayed; empty if no run has finished. */
  readonly best: ReadonlySet<number>;
  /** Index of the column with the mean. */
  readonly metricColumn: number;
}

/** For a terminal. Errors are in percent and their differences in points. `width`: characters per line. */
export function formatComparison(comparison: Comparison, width: number): string {
  return gainAndCost(comparison)
    .map(({ head, rows }) =>
      formatTable(head, rows, { right: head.map((_, column) => column).slice(1), width }),
    )
    .join("\n\n");
}

/** Two tables: one with the metric and the tests, one with the costs. */
export function gainAndCost(comparison: Comparison): ComparisonTable[] {
  const { name, axes, runs, mean, interval, difference, test, cost } = columnsOf(comparison);
  return [
    [name, ...axes, runs, mean, interval, difference, ...test],
    [name, ...cost],
  ].map((columns) => tableOf(comparison, columns));
}

/** One table with metric, difference and costs, as in papers. */
function paperTable(comparison: Comparison): ComparisonTable {
  const { name, axes, runs, mean, difference, test, cost } = columnsOf(comparison);
  return tableOf(comparison, [name, ...axes, runs, mean, difference, ...test.slice(2), ...cost]);
}

/** The best mean is bold, and significant differences have a star. `about`: sentences to print below the table. */
export function comparisonMarkdown(comparison: Comparison, about: readonly string[]): string {
  const { head, rows, best, metricColumn } = paperTable(comparison);
  const lines = rows.map((row, index) =>
    row.map((cell, column) => (best.has(index) && column === metricColumn ? `**${cell}**` : cell)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return `${[line(head), line(rule), ...lines.map(line)].join("\n")}\n\n${legend(comparison)}\n\n${about.map((sentence) => `- ${sentence}`).join("\n")}\n`;
}

/** For the booktabs package. The legend and the sentences in `about` become comments. */
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

/** A dash stands for an empty cell if it is alone, for a minus before a digit, and for itself elsewhere. */
function escapeLatex(text: string): string {
  if (text === "-") return "--";
  return text
    .replace(/[%&_#$]/g, "\\$&")
    .replaceAll("±", "$\\pm$")
    .replace(/(^|[[(, ])-(?=\d)/g, "$1$-$");
}

/** The rows of table.csv, with unrounded numbers. */
export function comparisonRecords({ variants }: Comparison): WholeRow<typeof COMPARISON_COLUMNS>[] {
  return variants.map(
    ({
      metric,
      difference,
      test,
      seconds,
      values: _,
      differences: __,
      errorsByClass: ___,
      decision,
      ...own
    }) => ({
      ...own,
      seconds: cellOf(seconds?.mean),
      runs: metric?.n ?? 0,
      mean: cellOf(metric?.mean),
      deviation: cellOf(metric?.deviation),
      low: cellOf(metric?.interval[0]),
      high: cellOf(metric?.interval[1]),
      difference: cellOf(difference?.mean),
      difference_low: cellOf(difference?.interval[0]),
      difference_high: cellOf(difference?.interval[1]),
      p: cellOf(test?.p),
      p_holm: cellOf(test?.adjustedP),
      smallest_p: cellOf(test?.smallestP),
      effect: cellOf(test?.effect),
      decision: decision?.verdict ?? null,
      decision_seeds: decision?.seeds ?? null,
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
  const { alpha, variants } = comparison;
  const baseline = commonBaseline(comparison) ?? "the baseline of the same sweep";
  const ways = [
    ...(variants.some(({ isSequential }) => !isSequential) ? ["Student's t, p of the sign-flip test"] : []),
    ...(variants.some(({ isSequential }) => isSequential)
      ? [
          "where seeds are added until the comparison is decided: a confidence sequence, p of a test martingale, both of which hold at any time (an interval may exclude the mean, if earlier seeds have)",
        ]
      : []),
  ];
  return `Mean ± standard deviation over seeds; difference from ${baseline} over the seeds that both have, with its ${levelWords(comparison)} interval (not corrected for multiple comparisons, errors clipped at 0 and 100 %) and p (${ways.join("; ")}); p (Holm): after Holm's correction; effect: mean / standard deviation of the differences; * p <= ${alpha}.`;
}
