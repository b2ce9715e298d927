// Formats numbers, tables and words of commands for a terminal.

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

/** 9912422 -> 9.91 MB */
export function formatBytes(bytes: number): string {
  return bytes < 999.5 ? `${bytes} bytes` : `${formatLarge(bytes)}B`;
}

/** A share: 0.1234 is `12.34 %`. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** -1.234, 2 digits -> -1.23; -0.001 -> 0.00 */
export function formatFixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}

/** With its sign, and that of what rounds to 0 is +: -1.234 -> -1.23; -0.001 -> +0.00 */
export function formatSigned(value: number, digits: number): string {
  const text = formatFixed(value, digits);
  return text.startsWith("-") || Number.isNaN(value) ? text : `+${text}`;
}

/** 95 -> 1 min 35 s */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The relative change from a base: 83298, 77754 -> +7.1 % */
export function formatChange(value: number, base: number): string {
  const percent = (100 * (value - base)) / base;
  const text = Math.abs(percent) < 99.5 ? percent.toPrecision(2) : percent.toFixed(0);
  return `${percent >= 0 ? "+" : ""}${text} %`;
}

export interface TableOptions {
  /** Indices of columns that are aligned to the right. */
  readonly right: readonly number[];
  /** Maximum number of characters per line. By default there is no limit. */
  readonly width?: number;
}

/**
 * Splits a table that is too wide into parts below each other, all of which start with the first column. Wraps the cells of the
 * last column of a part if they are still too wide.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right, width = Number.POSITIVE_INFINITY }: TableOptions,
): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  // The last column can be wrapped.
  const least = widths.with(-1, Math.min(widths.at(-1) as number, LEAST_WIDTH));
  return partsOf(least, width)
    .map((columns) => {
      const pick = (row: readonly string[]) => columns.map((column) => row[column] ?? "");
      const before = columns.slice(0, -1).reduce((sum, column) => sum + (widths[column] as number) + GAP, 0);
      const room = Math.max(LEAST_WIDTH, width - before - GAP / 2);
      const wrapped = rows.map((row) => {
        const cells = pick(row);
        return [...cells.slice(0, -1), wrap(cells.at(-1) ?? "", room)];
      });
      const aligned = columns.flatMap((column, index) => (right.includes(column) ? [index] : []));
      return plainTable(pick(head), wrapped, aligned);
    })
    .join("\n\n");
}

/** Spaces between two columns. There are half as many before the first and after the last. */
const GAP = 4;
const LEAST_WIDTH = 30;

/** The indices of the columns of each part: the first, and as many others as fit. */
function partsOf(widths: readonly number[], width: number): number[][] {
  const [first = 0, ...others] = widths;
  const parts: number[][] = [];
  let used = 0;
  for (const [index, own] of others.entries()) {
    if (parts.length === 0 || used + GAP + own > width) {
      parts.push([0]);
      used = first + GAP / 2;
    }
    parts.at(-1)?.push(index + 1);
    used += GAP + own;
  }
  return parts.length === 0 ? [[0]] : parts;
}

/** Breaks a text between words into lines of at most `width` characters. */
export function wrap(text: string, width: number): string {
  if (text.length <= width) return text;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
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

/** A word for a POSIX shell, whatever it contains. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** `training.optimizer.learningRate` -> `optimizer.learningRate` */
export function shortPath(path: string): string {
  return path.replace(/^training\./, "");
}
