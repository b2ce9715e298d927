// Rows and a Vega-Lite plot -> SVG that adopts the text colour of the page, light or dark.

import { parse, resetSVGDefIds, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** Width of a plot in pixels without its axis. With the axis, it fits on a phone. */
export const PLOT_WIDTH = 380;

/** A palette for colour-blind readers (Okabe and Ito 2008), in which colours too light for a white page are darkened. */
const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#A6761D", "#888888"];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];

export type Plot = Partial<Record<string, unknown>>;

/** Encodings that assign a colour and a shape to each name, in order. When the colours repeat, the shape changes. */
export function markedBy(field: string, names: readonly string[]) {
  const legend = {
    orient: "bottom",
    columns: names.some((name) => name.length > 14) ? 2 : 4,
    labelLimit: 320,
    symbolOpacity: 1,
  };
  const channel = (range: readonly string[]) => ({
    field,
    type: "nominal",
    title: field,
    scale: { domain: names, range },
    legend,
  });
  return {
    color: channel(names.map((_, index) => COLORS[index % COLORS.length] as string)),
    shape: channel(
      names.map((_, index) => SHAPES[Math.floor(index / COLORS.length) % SHAPES.length] as string),
    ),
  };
}

/** Restarts the numbering of clip paths, so that they are unique within a page and the same page always has the same text. */
export function beginPage(): void {
  resetSVGDefIds();
}

/** A plot and the data that it shows. */
export interface Plotted {
  readonly svg: string;
  readonly values: readonly object[];
}

/** Renders a Vega-Lite plot of `values`. */
export async function renderPlot(values: readonly object[], plot: Plot): Promise<Plotted> {
  const text = { labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal" };
  const config = {
    background: "transparent",
    font: "system-ui, sans-serif",
    axis: { ...text, gridColor: "#88888840", labelLimit: 140 },
    legend: text,
    header: text,
    view: { stroke: null },
  };
  const spec = apart({ width: PLOT_WIDTH, ...plot, data: { values }, config }) as TopLevelSpec;
  const svg = await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
  return { svg: svg.replaceAll(/(fill|stroke)="(?:#000|#888|black)"/g, '$1="currentColor"'), values };
}

/** Vega takes names such as `constructor` for what every object has. With an invisible character at their end, it does not. */
function apart(value: unknown): unknown {
  if (typeof value === "string") return value in Object.prototype ? `${value}\u200b` : value;
  if (Array.isArray(value)) return value.map(apart);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, apart(inner)]));
}
