// Rows of epochs -> learning curves.

import type { EpochPoint } from "../report/read-report.js";
import { markedBy, type Plot, type Plotted, renderPlot } from "./plots.js";

/**
 * The mean over seeds by epoch, with a band from the smallest to the largest value. Training curves are dashed and have no band. Early
 * epochs would hide the differences between late ones, so the axis is logarithmic, or nearly so if there are zeros.
 */
export function learningCurves(
  points: readonly EpochPoint[],
  { variants, quantity }: { variants: readonly string[]; quantity: "loss" | "error" },
): Promise<Plotted> {
  const rows = curvePoints(
    points.filter(({ variant }) => variants.includes(variant)),
    quantity,
  );
  const last = Math.max(...points.map(({ epoch }) => epoch));
  const x = {
    field: "epoch",
    type: "quantitative",
    title: "epoch",
    axis: {
      format: "d",
      ...(last <= 10
        ? { values: Array.from({ length: last }, (_, index) => index + 1) }
        : { tickMinStep: 1 }),
    },
  };
  const y = { field: "mean", type: "quantitative", title: quantity === "error" ? "error %" : "loss" };
  const axis = valueAxis(rows);
  const { color } = markedBy("variant", variants);
  const line = { type: "line", ...(last === 1 ? { point: { size: 60, filled: true } } : {}) };
  return renderPlot(rows, {
    height: 280,
    layer: [
      {
        transform: [{ filter: "datum.data === 'validation'" }],
        mark: { type: "area", opacity: 0.25 },
        encoding: { x, y: { ...y, ...axis, field: "low" }, y2: { field: "high" }, color },
      },
      {
        // A line with a single point is invisible.
        mark: line,
        encoding: {
          x,
          y: { ...y, ...axis },
          color,
          strokeDash: {
            field: "data",
            type: "nominal",
            title: null,
            scale: {
              domain: ["validation", "training"],
              range: [
                [1, 0],
                [4, 3],
              ],
            },
            legend: { orient: "top" },
          },
        },
      },
    ],
  });
}

interface CurvePoint {
  readonly variant: string;
  readonly data: "training" | "validation";
  readonly epoch: number;
  readonly runs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Over the runs that have the value. Errors in percent. */
function curvePoints(points: readonly EpochPoint[], quantity: "loss" | "error"): CurvePoint[] {
  const scale = quantity === "error" ? 100 : 1;
  const groups = new Map<
    string,
    { about: Pick<CurvePoint, "variant" | "data" | "epoch">; values: number[] }
  >();
  for (const { variant, epoch, ...point } of points)
    for (const split of ["validation", "train"] as const) {
      const value = point[`${split}_${quantity}`];
      if (value === null) continue;
      const about = { variant, epoch, data: split === "train" ? ("training" as const) : split };
      const key = JSON.stringify(about);
      groups.set(key, { about, values: [...(groups.get(key)?.values ?? []), value * scale] });
    }
  return Array.from(groups.values(), ({ about, values }) => ({
    ...about,
    runs: values.length,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: Math.min(...values),
    high: Math.max(...values),
  }));
}

/** A logarithmic axis cannot show 0: then it is linear below the smallest value above 0. */
function valueAxis(rows: readonly CurvePoint[]): Plot {
  const values = rows.flatMap(({ mean, low, high }) => [mean, low, high]);
  const above = values.filter((value) => value > 0);
  if (above.length === values.length)
    return { scale: { type: "log", nice: false }, axis: { tickCount: 5, format: "~g" } };
  const [least, most] = [Math.min(1, ...above), Math.max(1e-9, ...above)];
  const decades = Array.from({ length: 12 }, (_, index) => 10 ** (index - 6));
  const ticks = decades.flatMap((one) => [one, 3 * one]).filter((one) => one >= least && one <= most);
  return {
    scale: { type: "symlog", constant: least, nice: false },
    axis: { values: [0, ...ticks], format: "~g" },
  };
}
