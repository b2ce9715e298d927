// Numbers and tables as a terminal shows them.

import Table from "cli-table3";

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

/** 83298 of 77754 -> +7.1 % */
export function formatChange(value: number, base: number): string {
  const percent = (100 * (value - base)) / base;
  const text = Math.abs(percent) < 99.5 ? percent.toPrecision(2) : percent.toFixed(0);
  return `${percent >= 0 ? "+" : ""}${text} %`;
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
