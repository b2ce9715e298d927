// Numbers and tables as a terminal shows them.

import Table from "cli-table3";
import type { Comparison, Spread } from "./comparison.js";

/** 272474 -> 272,474 */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** 31123456 -> 31.1 M */
export function formatLarge(count: number): string {
  const [unit, size] =
    count >= 999.5e6 ? ["G", 1e9] : count >= 999.5e3 ? ["M", 1e6] : count >= 999.5 ? ["k", 1e3] : ["", 1];
  return count === 0 ? "0" : `${(count / (size as number)).toPrecision(3)} ${unit}`.trim();
}

/** 95 -> 1 min 35 s */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right }: { right: readonly number[] },
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")),
    style: { head: [], border: [], compact: true },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      right: "",
      "right-mid": "",
      mid: "-",
      "mid-mid": "  ",
      middle: "  ",
    },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/[ \t]+$/gm, "");
}

const METRIC_WORDS: Readonly<Record<string, string>> = {
  test_error: "test error",
  test_error_top5: "test top-5 error",
  test_loss: "test loss",
  validation_error: "validation error",
  validation_loss: "validation loss",
};

/** Errors in percent with their differences in points, losses as they are. */
export function formatComparison({ metric, baseline, variants }: Comparison): string {
  const isError = metric.includes("error");
  const [scale, unit, digits] = isError ? [100, " %", 2] : [1, "", 4];
  const spread = ({ mean, deviation, n }: Spread, sign: "signed" | "plain", unit: string) => {
    const number = (mean * scale).toFixed(digits);
    const signed = sign === "signed" && mean >= 0 ? `+${number}` : number;
    return n === 1 ? `${signed}${unit}` : `${signed} ± ${(deviation * scale).toFixed(digits)}${unit}`;
  };
  const axes = [
    ...new Set(
      variants.flatMap((variant) => variant.axes.split(";").flatMap((axis) => axis.split("=")[0] || [])),
    ),
  ];
  const axisValue = (text: string, name: string) =>
    text
      .split(";")
      .find((axis) => axis.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? "-";
  const head = [
    "variant",
    ...axes,
    "parameters",
    "MACs",
    "runs",
    METRIC_WORDS[metric] ?? metric,
    `difference to ${baseline}`,
  ];
  const rows = variants.map((variant) => [
    variant.variant,
    ...axes.map((axis) => axisValue(variant.axes, axis)),
    formatCount(variant.params),
    formatLarge(variant.macs),
    `${variant.metric?.n ?? 0}/${variant.planned}`,
    variant.metric ? spread(variant.metric, "plain", unit) : "-",
    variant.difference ? spread(variant.difference, "signed", isError ? " points" : "") : "-",
  ]);
  return formatTable(head, rows, { right: head.map((_, column) => column).slice(1) });
}
