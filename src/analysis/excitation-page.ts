// The measurements of a run's gates -> one page with figure 5 of the SENet paper and the worth of each gate.

import { formatPercent, formatSigned } from "../format.js";
import { escapeHtml, figure, htmlTable, page } from "../present/html.js";
import type { GateRow } from "../records/tables.js";
import { depthPlot, MOST_CHANNELS } from "./excitation-plots.js";

/** Head and cells of the table of gates. `rows`: the rows of gates.csv. */
export function gateTable(rows: readonly GateRow[]): { head: string[]; cells: string[][] } {
  const points = (value: number) => formatSigned(100 * value, 2);
  return {
    head: [
      "gate",
      "channels",
      "mean",
      "saturated",
      "class specificity",
      `error with its mean (unchanged: ${errorIn(rows)})`,
      "worth [95 %]",
    ],
    cells: rows.map((row) => [
      row.gate,
      String(row.channels),
      row.mean.toFixed(3),
      formatPercent(row.saturated),
      row.class_specificity.toFixed(3),
      formatPercent(row.error_with_mean),
      `${points(row.worth)} [${points(row.worth_low)}, ${points(row.worth_high)}]`,
    ]),
  };
}

export async function excitationPage(
  name: string,
  { rows, figure: svg }: { rows: readonly GateRow[]; figure: string },
): Promise<string> {
  const { head, cells } = gateTable(rows);
  const depths = [
    {
      column: (row: GateRow) => row.worth,
      interval: (row: GateRow): [number, number] => [row.worth_low, row.worth_high],
      title: "points of test error added",
      scale: 100,
      caption:
        "Worth of a gate: increase in test error when its factors are replaced by their means, with its 95 % interval over the images; grey if the interval includes zero.",
    },
    {
      column: (row: GateRow) => row.class_specificity,
      title: "fraction of the variance between classes",
      scale: 1,
      caption: "Class specificity: 0 if a gate has the same mean activations for all classes.",
    },
    {
      column: (row: GateRow) => row.saturated,
      title: "% of activations",
      scale: 100,
      caption: "Saturation: activations below 0.01 or above 0.99.",
    },
  ];
  const plots = await Promise.all(
    depths.map(async ({ caption, ...depth }) => figure((await depthPlot(rows, depth)).svg, caption)),
  );
  return page(
    name,
    `<p>The gates on the test set. Test error of the run: <b>${escapeHtml(errorIn(rows))}</b>.</p>
${figure(svg, `The last gate of each stage: mean activation by channel, one line per class; thick: all classes (Hu et al., figure 5). Gates with more than ${MOST_CHANNELS} channels are shown with ${MOST_CHANNELS} evenly spaced ones.`)}
<div class="plots">${plots.join("\n")}</div>
${htmlTable(head, cells)}`,
  );
}

/** Test error of the unchanged network, which is the same in every row. */
function errorIn([first]: readonly GateRow[]): string {
  return first ? formatPercent(first.error) : "";
}
