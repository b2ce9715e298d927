// Rows of epochs -> learning curves.

import type { EpochPoint } from "../report/read-report.js";
import { markedBy, type Plotted, renderPlot } from "./plots.js";

/** The mean over seeds by epoch, with a band from minimum to maximum. Training curves are dashed and have no band. */
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
    axis: last <= 10 ? { values: Array.from({ length: last }, (_, index) => index + 1) } : { format: "d" },
  };
  const y = {
    field: "value",
    type: "quantitative",
    title: quantity === "error" ? "error %" : "loss",
    // On a linear scale, the first epochs would make the differences between the last ones invisible.
    scale: { type: "log", nice: false },
    axis: { tickCount: 5, format: "~g" },
  };
  const { color } = markedBy("variant", variants);
  return renderPlot(rows, {
    height: 280,
    layer: [
      {
        transform: [{ filter: "datum.data === 'validation'" }],
        mark: { type: "errorband", extent: "minmax" },
        encoding: { x, y, color },
      },
      {
        // A line with a single point is invisible.
        mark: { type: "line", ...(last === 1 ? { point: { size: 60 } } : {}) },
        encoding: {
          x,
          y: { ...y, aggregate: "mean" },
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

/** Errors in percent. */
function curvePoints(points: readonly EpochPoint[], quantity: "loss" | "error") {
  const scale = quantity === "error" ? 100 : 1;
  return (
    points
      .flatMap(({ variant, epoch, ...point }) =>
        (["validation", "train"] as const).map((split) => ({
          variant,
          epoch,
          value: (point[`${split}_${quantity}`] ?? 0) * scale,
          data: split === "train" ? "training" : "validation",
        })),
      )
      // A logarithmic axis can only show positive values.
      .filter(({ value }) => value > 0)
  );
}
