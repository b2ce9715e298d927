// A comparison -> a plot of the metric against an axis of the sweep.

import type { AxisValue } from "../config/axes.js";
import { valueOn } from "../records/variant-cells.js";
import type { Comparison, VariantComparison } from "../report/comparison.js";
import { bounds, metricAxis, quantity } from "./metric-axes.js";
import { metricScale } from "./metric-words.js";
import { markedBy, type Plotted, renderPlot } from "./plots.js";

/** Axes of the sweep with at least two values, all of them numbers, such as r = 2, 4, 8. */
export function numericAxes({ variants }: Comparison): string[] {
  const values = new Map<string, Set<AxisValue>>();
  for (const { axes } of variants)
    for (const [name, value] of Object.entries(axes))
      values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values]
    .filter(([, all]) => all.size > 1 && [...all].every((value) => typeof value === "number"))
    .map(([name]) => name);
}

/**
 * Plots the metric against a numeric axis. Lines connect variants that differ only in this axis. Baselines without a value on
 * the axis are horizontal lines.
 */
export function axisPlot(comparison: Comparison, axis: string): Promise<Plotted> {
  const { metric, variants } = comparison;
  const { scale } = metricScale(metric);
  const onAxis = variants.filter(({ axes }) => valueOn(axes, axis) !== undefined);
  const baselines = new Set(onAxis.map(({ baseline }) => baseline));
  const series = seriesAlong(onAxis, axis);
  const rows = variants.flatMap((one): AxisPoint[] => {
    const value = valueOn(one.axes, axis);
    if (!one.metric) return [];
    const spread = bounds(one.metric, scale);
    if (typeof value === "number")
      return [{ series: series.get(one.variant) ?? one.variant, value, ...spread }];
    return baselines.has(one.variant) ? [{ series: one.variant, level: spread.mean }] : [];
  });
  const values = rows.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const isLog = Math.min(...values) > 0 && Math.max(...values) >= 4 * Math.min(...values);
  const x = {
    ...quantity("value", axis),
    axis: { values: [...new Set(values)], format: "~g" },
    ...(isLog ? { scale: { type: "log", base: 2, padding: 10 } } : {}),
  };
  const y = metricAxis(comparison);
  const marked = markedBy("series", [...new Set(rows.map(({ series }) => series))]);
  return renderPlot(rows, {
    height: 240,
    layer: [
      {
        transform: [{ filter: "isValid(datum.level)" }],
        mark: { type: "rule", strokeDash: [6, 3] },
        encoding: { y: { ...y, field: "level" }, color: marked.color },
      },
      ...[
        { mark: { type: "line" }, encoding: { x, y, color: marked.color } },
        {
          mark: { type: "rule", clip: true },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: marked.color },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x, y, color: marked.color },
        },
      ].map((layer) => ({ ...layer, transform: [{ filter: "isValid(datum.value)" }] })),
    ],
  });
}

/** A variant with its value on the axis, or a baseline without one with the level of its metric. */
interface AxisPoint extends Partial<ReturnType<typeof bounds>> {
  readonly series: string;
  readonly value?: number;
  readonly level?: number;
}

/** Variant -> its name with the axis as a placeholder, such as `se-r{r}`. Connected variants have the same name. */
function seriesAlong(variants: readonly VariantComparison[], axis: string): Map<string, string> {
  return new Map(
    variants.map(({ variant, template, axes }) => {
      const open = inStep(
        axis,
        variants.filter((other) => other.template === template),
      );
      const name = template.replace(/\$\{(\w+)\}/g, (_, own: string) =>
        open.has(own) ? `{${own}}` : String(valueOn(axes, own) ?? ""),
      );
      // With several sweeps, the name starts with the sweep's folder.
      return [variant, variant.slice(0, variant.lastIndexOf("/") + 1) + name];
    }),
  );
}

/** The axis and all axes with a one-to-one relation to it, such as those of a `zip`. */
function inStep(axis: string, variants: readonly VariantComparison[]): ReadonlySet<string> {
  const all = variants.map(({ axes }) => axes);
  const countOf = (...names: string[]) =>
    new Set(all.map((axes) => JSON.stringify(names.map((name) => valueOn(axes, name))))).size;
  const names = new Set(all.flatMap((axes) => Object.keys(axes)));
  const follows = (name: string) =>
    countOf(name) > 1 && countOf(axis, name) === countOf(axis) && countOf(axis) === countOf(name);
  return new Set([axis, ...[...names].filter(follows)]);
}
