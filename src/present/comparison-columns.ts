// A comparison -> the columns of its table.

import {
  formatChange,
  formatCount,
  formatDuration,
  formatFixed,
  formatLarge,
  formatSigned,
} from "../format.js";
import { valueOn } from "../records/variant-cells.js";
import { type Comparison, commonBaseline, type VariantComparison } from "../report/comparison.js";
import type { Spread } from "../statistics/spread.js";
import { levelWords, metricScale, metricWords } from "./metric-words.js";

export interface Column {
  readonly head: string;
  readonly cell: (variant: VariantComparison) => string;
}

export interface ComparisonColumns {
  readonly name: Column;
  readonly axes: readonly Column[];
  readonly runs: Column;
  readonly mean: Column;
  readonly interval: Column;
  readonly difference: Column;
  /** Effect, p, and p after Holm's correction. */
  readonly test: readonly Column[];
  /** Parameters, MACs and time, each with its change from the baseline. */
  readonly cost: readonly Column[];
}

export function columnsOf(comparison: Comparison): ComparisonColumns {
  return {
    name: { head: "variant", cell: ({ variant }) => variant },
    axes: axisColumns(comparison),
    runs: {
      head: "runs",
      cell: ({ metric, planned, uncompared }) =>
        uncompared?.kind === "stopped" ? "stopped" : `${metric?.n ?? 0}/${planned}`,
    },
    ...gainColumns(comparison),
    test: [...TEST, ...decisionColumn(comparison)],
    cost: costColumns(comparison),
  };
}

const NOTHING = "-";

function axisColumns({ variants }: Comparison): Column[] {
  const names = new Set(variants.flatMap(({ axes }) => Object.keys(axes)));
  return [...names].map((name) => ({
    head: name,
    cell: ({ axes }) => String(valueOn(axes, name) ?? NOTHING),
  }));
}

/** The metric, its interval, and its difference from the baseline. */
function gainColumns(comparison: Comparison): Pick<ComparisonColumns, "mean" | "interval" | "difference"> {
  const { scale, unit, points, digits } = metricScale(comparison.metric);
  const fixed = (value: number) => formatFixed(value * scale, digits);
  const signed = (value: number) => formatSigned(value * scale, digits);
  const meanText = ({ mean, deviation, n }: Spread) =>
    n === 1 ? `${fixed(mean)}${unit}` : `${fixed(mean)} ± ${fixed(deviation)}${unit}`;
  const intervalText = ({ interval: [low, high], n }: Spread, format: (value: number) => string) =>
    n === 1 || low === high || !Number.isFinite(low + high) ? "" : `[${format(low)}, ${format(high)}]`;
  const differenceText = (spread: Spread) =>
    `${signed(spread.mean)} ${intervalText(spread, signed)}`.trim() + points;
  return {
    mean: {
      head: metricWords(comparison.metric),
      cell: ({ metric }) => (metric ? meanText(metric) : NOTHING),
    },
    interval: {
      head: "95 % interval",
      cell: ({ metric }) => (metric && intervalText(metric, fixed)) || NOTHING,
    },
    difference: {
      head: `difference from ${baselineWords(comparison)} [${levelWords(comparison)}]`,
      cell: ({ difference }) => (difference ? differenceText(difference) : NOTHING),
    },
  };
}

const TEST: readonly Column[] = [
  {
    head: "effect",
    cell: ({ test }) => (test && !Number.isNaN(test.effect) ? test.effect.toFixed(2) : NOTHING),
  },
  { head: "p", cell: ({ test }) => test?.p.toPrecision(2) ?? NOTHING },
  {
    head: "p (Holm)",
    cell: (variant) =>
      variant.test
        ? `${variant.test.adjustedP.toPrecision(2)}${variant.test.isSignificant ? " *" : ""}`
        : NOTHING,
  },
];

/** Only for sweeps that add seeds until they are decided. */
function decisionColumn({ variants }: Comparison): Column[] {
  if (variants.every(({ decision, isOpen }) => !decision && !isOpen)) return [];
  const wordOf = ({ decision, isOpen }: VariantComparison) =>
    decision ? `${decision.verdict} (${decision.seeds})` : isOpen ? "open" : NOTHING;
  return [{ head: "decided (seeds)", cell: wordOf }];
}

function costColumns({ variants }: Comparison): Column[] {
  const baseOf = ({ baseline }: VariantComparison) => variants.find(({ variant }) => variant === baseline);
  const changed = (text: string, value: number, base = 0) =>
    value === base || !(base > 0) ? text : `${text} (${formatChange(value, base)})`;
  const timeText = (seconds: number, base: number | undefined) =>
    changed(formatDuration(seconds), seconds, base);
  return [
    {
      head: "parameters",
      cell: (variant) => changed(formatCount(variant.params), variant.params, baseOf(variant)?.params),
    },
    {
      head: "MACs",
      cell: (variant) => changed(formatLarge(variant.macs), variant.macs, baseOf(variant)?.macs),
    },
    {
      head: "time per run",
      cell: (variant) =>
        variant.seconds ? timeText(variant.seconds.mean, baseOf(variant)?.seconds?.mean) : NOTHING,
    },
  ];
}

/** A long name would make the head of the column wider than its cells. */
function baselineWords(comparison: Comparison): string {
  const name = commonBaseline(comparison);
  return name === null ? "its baseline" : name.length <= 16 ? name : "the baseline";
}
