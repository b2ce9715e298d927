// A comparison -> its table, for a terminal, Markdown, LaTeX and CSV.

import type { Row } from "../records/columns.js";
import type { Comparison, VariantComparison } from "./comparison.js";
import { formatCount, formatLarge, formatTable } from "./format.js";
import { metricScale, metricWords } from "./metric-words.js";
import type { Spread } from "./statistics.js";

/** Head and rows as text, and what the columns mean. */
export function comparisonTable(comparison: Comparison) {
  const { head, rows } = tableOf(comparison);
  return { head, rows, legend: legend(comparison) };
}

/** Errors in percent with their differences in points, losses as they are. */
export function formatComparison(comparison: Comparison): string {
  const { head, rows } = tableOf(comparison);
  return formatTable(head, rows, { right: head.map((_, column) => column).slice(1) });
}

/** The best mean in bold, differences significant after Holm with a star. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { head, rows, best, metricColumn } = tableOf(comparison);
  const lines = rows.map((row, index) =>
    row.map((cell, column) => (index === best && column === metricColumn ? `**${cell}**` : cell)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return `${[line(head), line(rule), ...lines.map(line)].join("\n")}\n\n${legend(comparison)}\n`;
}

/** For the booktabs package. */
export function comparisonLatex(comparison: Comparison): string {
  const { head, rows, best, metricColumn } = tableOf(comparison);
  const line = (cells: readonly string[]) => `${cells.join(" & ")} \\\\`;
  const body = rows.map((row, index) =>
    line(
      row.map((cell, column) =>
        index === best && column === metricColumn ? `\\textbf{${escapeLatex(cell)}}` : escapeLatex(cell),
      ),
    ),
  );
  return [
    `% ${legend(comparison)}`,
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
    .replace(/(^|[[, ])-(?=\d)/g, "$1$-$");
}

export const COMPARISON_COLUMNS = [
  ...["variant", "axes", "params", "macs", "runs", "planned", "mean", "deviation", "low", "high"],
  ...["difference", "difference_low", "difference_high", "p", "p_holm", "smallest_p", "effect"],
] as const;

/** Plain numbers, nothing rounded. */
export function comparisonRecords({ variants }: Comparison): Row[] {
  const number = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? "" : value);
  return variants.map(({ variant, axes, params, macs, metric, difference, test, planned }) => ({
    variant,
    axes,
    params,
    macs,
    runs: metric?.n ?? 0,
    planned,
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
  }));
}

function tableOf(comparison: Comparison) {
  const { metric, baseline, variants } = comparison;
  const { scale, unit, points, digits } = metricScale(metric);
  const plain = ({ mean, deviation, n }: Spread) =>
    n === 1
      ? `${(mean * scale).toFixed(digits)}${unit}`
      : `${(mean * scale).toFixed(digits)} ± ${(deviation * scale).toFixed(digits)}${unit}`;
  const signed = (value: number) => `${value >= 0 ? "+" : ""}${(value * scale).toFixed(digits)}`;
  const difference = ({ mean, interval: [low, high], n }: Spread) =>
    n === 1 ? `${signed(mean)}${points}` : `${signed(mean)} [${signed(low)}, ${signed(high)}]${points}`;
  const axes = [
    ...new Set(
      variants.flatMap((variant) => variant.axes.split(";").flatMap((axis) => axis.split("=")[0] || [])),
    ),
  ];
  const head = [
    "variant",
    ...axes,
    "parameters",
    "MACs",
    "runs",
    metricWords(metric),
    `difference to ${baseline} [95 %]`,
    "p (Holm)",
  ];
  const rows = variants.map((variant) => [
    variant.variant,
    ...axes.map((axis) => axisValue(variant.axes, axis)),
    formatCount(variant.params),
    formatLarge(variant.macs),
    `${variant.metric?.n ?? 0}/${variant.planned}`,
    variant.metric ? plain(variant.metric) : "-",
    variant.difference ? difference(variant.difference) : "-",
    variant.test ? `${variant.test.adjustedP.toPrecision(2)}${isSignificant(variant) ? " *" : ""}` : "-",
  ]);
  const means = variants.map((variant) => variant.metric?.mean ?? Number.POSITIVE_INFINITY);
  return { head, rows, best: means.indexOf(Math.min(...means)), metricColumn: axes.length + 4 };
}

export function isSignificant({ test }: VariantComparison): boolean {
  return test !== null && test.adjustedP <= 0.05;
}

function legend({ baseline }: Comparison): string {
  return `Mean ± standard deviation over seeds; difference to ${baseline} seed by seed with its 95 % interval (Student); p of the exact sign-flip test, corrected by Holm; * p <= 0.05.`;
}

function axisValue(text: string, name: string): string {
  const axis = text.split(";").find((axis) => axis.startsWith(`${name}=`));
  return axis?.slice(name.length + 1) ?? "-";
}
