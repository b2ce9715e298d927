// Confusion matrices of runs -> a heat map.

import type { ConfusionMatrix } from "../report/read-confusions.js";
import { type Plotted, renderPlot } from "./plots.js";

/** A matrix or table with more classes would be unreadable. */
export const MOST_CLASSES = 20;

interface Matrices {
  readonly own: ConfusionMatrix;
  /** What is subtracted; null to show the matrix itself. */
  readonly base: ConfusionMatrix | null;
  readonly classNames: readonly string[];
}

/** Mean number of test images by class and predicted class: of a variant, without its diagonal, or as a difference from its baseline. */
export function confusionPlot({ own, base, classNames }: Matrices): Promise<Plotted> {
  const names = own.map((_, label) => classNames[label] ?? String(label));
  const rows = own.flatMap((row, label) =>
    row.map((images, predicted) => ({
      class: names[label],
      predicted: names[predicted],
      images: images - (base?.[label]?.[predicted] ?? 0),
    })),
  );
  const shown = base ? rows : rows.filter((row) => row.class !== row.predicted);
  const most = Math.max(1e-9, ...shown.map(({ images }) => Math.abs(images)));
  const axis = { sort: names, axis: { labelLimit: 140 } };
  const x = { field: "predicted", type: "nominal", title: "predicted class", ...axis };
  const y = { field: "class", type: "nominal", title: "class", ...axis };
  const scale = base
    ? { domain: [-most, 0, most], range: ["#0072B2", "#ffffff", "#D55E00"], interpolate: "rgb" }
    : { domain: [0, most], range: ["#ffffff", "#0072B2"], interpolate: "rgb" };
  const cell = {
    width: { step: Math.max(16, 300 / names.length) },
    height: { step: Math.max(16, 300 / names.length) },
  };
  return renderPlot(shown, {
    ...cell,
    layer: [
      {
        mark: { type: "rect", stroke: "#88888840" },
        encoding: { x, y, color: { field: "images", type: "quantitative", title: "images", scale } },
      },
      ...(names.length <= 10
        ? [
            {
              mark: { type: "text", fontSize: 10, color: "#111111" },
              transform: [{ filter: "abs(datum.images) >= 0.05" }],
              encoding: {
                x,
                y,
                text: { field: "images", type: "quantitative", format: base ? "+.1f" : ".1f" },
              },
            },
          ]
        : []),
    ],
  });
}
