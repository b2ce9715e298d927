// squeezebox excite: measures what the gates of a finished run do on the test set.

import { join, resolve, sep } from "node:path";
import { excitationRows, gateRow } from "../analysis/excitation.js";
import { excitationPage, gateTable } from "../analysis/excitation-page.js";
import { excitationFigure, standalone } from "../analysis/excitation-plots.js";
import { gateActivations, gatesOf } from "../analysis/gate-activations.js";
import { loadDataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import { selectEngine } from "../engine/select-engine.js";
import { formatTable } from "../format.js";
import { writeCsv } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import { EXCITATION_COLUMNS, GATE_COLUMNS } from "../records/tables.js";
import { loadFinishedRun } from "../training/finished-weights.js";
import { watchData } from "./data-progress.js";
import { lineWidth, print, printJson } from "./output.js";

/** Writes gates.csv (one row per gate), excitation.csv (one row per gate, channel and class), a figure and a page to the run's folder. */
export async function excite(run: string, { json }: { json: boolean }): Promise<number> {
  const { experiment, data, graph, result, weights } = loadFinishedRun(run);
  const view = watchData(json);
  const dataset = await loadDataset(experiment.dataset, { loaders: 0, onProgress: view.progressed }).finally(
    view.close,
  );
  if (dataset.fingerprint !== data.fingerprint)
    throw new InputError(
      `${run}: the dataset has changed since this run was trained, and its gates can only be measured on the same images`,
    );
  if (gatesOf(graph).length === 0)
    throw new InputError(
      `${run}: this network has no gate with one factor per channel, such as se, eca, ese, ge, scse, cbam, srm, fca, lct, polarized, gc with fuse: scale, sk, split-attention or psa`,
    );
  const engine = await selectEngine({ backend: "compiled", device: "cpu", threads: 1 });
  const gates = await gateActivations({ graph, weights, dataset, engine });
  await engine.dispose();
  dataset.close();
  const { labels } = dataset.test;
  const rows = gates.map((gate) =>
    gateRow(gate, { labels, classes: dataset.classes, error: result.test_error }),
  );
  const excitation = gates.flatMap((gate) => excitationRows(gate, labels, dataset.classNames));
  const { svg } = await excitationFigure(excitation);
  const name = resolve(run).split(sep).slice(-3).join(" / ");
  const files = ["gates.csv", "excitation.csv", "excitation.svg", "excitation.html"].map((file) =>
    join(run, file),
  ) as [string, string, string, string];
  writeCsv(files[0], GATE_COLUMNS, rows);
  writeCsv(files[1], EXCITATION_COLUMNS, excitation);
  writeWhole(files[2], standalone(svg));
  writeWhole(files[3], await excitationPage(name, { rows, figure: svg }));
  if (json) {
    printJson({ files, gates: rows });
    return 0;
  }
  const { head, cells } = gateTable(rows);
  print(formatTable(head, cells, { right: [1, 2, 3, 4, 5, 6], width: lineWidth() }));
  print(`\n${files.join("\n")}`);
  return 0;
}
