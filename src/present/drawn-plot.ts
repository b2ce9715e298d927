// A comparison whose seeds drew values of training -> a plot of its differences against what they drew.

import type { Comparison } from "../report/comparison.js";
import { drawnDifferences } from "../report/drawn-values.js";
import { quantity } from "./metric-axes.js";
import { metricScale, metricWords } from "./metric-words.js";
import { markedBy, type Plotted, renderPlot } from "./plots.js";

/** As many numbers are shown one beside the other, more on a scale. */
const FEW = 4;
/** Values that span more than this ratio are shown on a logarithmic axis. */
const WIDE = 10;

/** The differences of all variants against what was drawn at `path`; a point is a seed. */
export function drawnPlot(comparison: Comparison, path: string): Promise<Plotted> {
  const { metric, variants } = comparison;
  const { scale, points } = metricScale(metric);
  const rows = variants.flatMap((one) =>
    drawnDifferences(one, path).map(({ difference, ...drawn }) => ({
      ...{ variant: one.variant, ...drawn },
      difference: difference * scale,
    })),
  );
  const values = [...new Set(rows.map(({ value }) => value))];
  const numbers = values.filter((value) => typeof value === "number");
  const isLog = Math.min(...numbers) > 0 && Math.max(...numbers) > WIDE * Math.min(...numbers);
  const x =
    numbers.length === values.length && values.length > FEW
      ? {
          ...quantity("value", path),
          axis: { format: "~g", ...(isLog ? { tickCount: 5 } : {}) },
          ...(isLog ? { scale: { type: "log", padding: 10 } } : {}),
        }
      : { field: "value", type: "ordinal", title: path, axis: { labelAngle: 0 } };
  const unit = points === "" ? "" : ` (${points.trim()})`;
  const title = ["difference in", `${metricWords(metric)}${unit}`];
  const y = { ...quantity("difference", ""), title };
  const marked = markedBy(
    "variant",
    variants.filter(({ difference }) => difference).map(({ variant }) => variant),
  );
  return renderPlot(rows, {
    height: 240,
    layer: [
      { mark: { type: "rule", strokeDash: [4, 3], color: "#888888" }, encoding: { y: { datum: 0 } } },
      { mark: { type: "point", filled: true, size: 60, opacity: 1 }, encoding: { x, y, ...marked } },
    ],
  });
}
