// squeezebox profile: where the time of an experiment's training steps goes, by phase, layer and op, and what of the machine that uses.

import { join } from "node:path";
import { flameGraph } from "../analysis/flame-graph.js";
import { phaseOf, type Share, sharesBy } from "../analysis/step-profile.js";
import { parseSetFlag } from "../config/override.js";
import { type MachineLimits, machineLimits } from "../engine/machine-limits.js";
import type { ProfiledNode } from "../engine/profile-events.js";
import { describedFacts } from "../experiment/dataset-facts.js";
import { loadExperiment, networkOf } from "../experiment/load-experiment.js";
import { formatTable } from "../format.js";
import { outputsOf } from "../network/shapes.js";
import { writeCsv } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import { PHASES, PROFILE_COLUMNS } from "../records/report-tables.js";
import { profiledSteps } from "../training/profiled-steps.js";
import { watchData } from "./data-progress.js";
import { parseInput } from "./inputs.js";
import { lineWidth, print, printJson, wrapped } from "./output.js";

export interface ProfileFlags {
  readonly set: readonly string[];
  /** HEIGHTxWIDTHxCHANNELS, instead of the dataset's. */
  readonly input?: string;
  readonly steps: number;
  readonly threads: number;
  readonly out?: string;
  readonly json: boolean;
}

/** Layers that are listed. */
const MOST_LAYERS = 12;

export async function profile(file: string, flags: ProfileFlags): Promise<number> {
  const loaded = loadExperiment(file, flags.set.map(parseSetFlag));
  const { experiment } = loaded;
  const view = watchData(flags.json);
  const known =
    flags.input === undefined
      ? await describedFacts(view.progressed)(loaded).finally(view.close)
      : { shape: parseInput(flags.input), classes: 10 };
  const graph = networkOf(loaded, known);
  const batch = experiment.training.batchSize;
  const shape = { batch, ...known.shape, classes: outputsOf(graph) };
  const { nodes, stepSeconds, engine } = await profiledSteps(experiment, shape, flags);
  const limits = await machineLimits(flags.threads);
  const out = flags.out ?? `${experiment.name}-profile`;
  const files = writeProfile(nodes, { out, title: experiment.name });
  const phases = sharesBy(nodes, phaseOf).sort((a, b) => indexOf(a) - indexOf(b));
  const layers = sharesBy(nodes, ({ layer }) => (layer === "" ? "(loss and optimizer)" : layer));
  if (flags.json) {
    printJson({
      engine,
      shape,
      stepSeconds,
      imagesPerSecond: batch / stepSeconds,
      limits,
      phases,
      layers,
      files,
    });
    return 0;
  }
  const { height, width, channels } = known.shape;
  print(`${experiment.name}: batches of ${batch} images of ${height}x${width}x${channels}, ${engine}`);
  print(`${milliseconds(stepSeconds)} ms a step, ${Math.round(batch / stepSeconds)} images/s\n`);
  print(tableOf("phase", phases, limits));
  print("");
  print(tableOf("layer", layers.slice(0, MOST_LAYERS), limits));
  if (layers.length > MOST_LAYERS) print(`and ${layers.length - MOST_LAYERS} more layers`);
  print("");
  print(
    wrapped(
      `Times are those of profiled steps, in which each op takes a little longer. GFLOP/s: of convolutions and matrix products alone (at most ${billions(limits.operationsPerSecond)} here, in a product of large matrices). GB/s: read and written (at most ${billions(limits.bytesPerSecond)} from memory; more if caches hold it).`,
    ),
  );
  print(`\n${files.join("\n")}`);
  return 0;
}

function indexOf({ name }: Share): number {
  return Object.keys(PHASES).indexOf(name);
}

function writeProfile(
  nodes: readonly ProfiledNode[],
  { out, title }: { readonly out: string; readonly title: string },
): string[] {
  const [table, picture] = [join(out, "profile.csv"), join(out, "profile.svg")];
  writeCsv(
    table,
    PROFILE_COLUMNS,
    nodes.map((node) => ({ ...node, phase: phaseOf(node) })),
  );
  const flames = nodes.map(({ layer, kernel, op, seconds }) => ({
    path: [...(layer === "" ? ["loss and optimizer"] : [layer.split(".")[0] as string, layer]), kernel, op],
    seconds,
  }));
  writeWhole(picture, flameGraph(title, flames));
  return [table, picture];
}

function tableOf(head: string, shares: readonly Share[], limits: MachineLimits): string {
  const part = (rate: number) =>
    `${billions(rate)} (${Math.round((100 * rate) / limits.operationsPerSecond)} %)`;
  return formatTable(
    [head, "ms", "share", "GFLOP/s", "GB/s"],
    shares.map(({ name, seconds, share, operationsPerSecond, bytesPerSecond }) => [
      name,
      milliseconds(seconds),
      `${(100 * share).toFixed(1)} %`,
      operationsPerSecond > 0 ? part(operationsPerSecond) : "",
      billions(bytesPerSecond),
    ]),
    { right: [1, 2, 3, 4], width: lineWidth() },
  );
}

function milliseconds(seconds: number): string {
  return (1000 * seconds).toFixed(2);
}

function billions(rate: number): string {
  return (rate / 1e9).toPrecision(3);
}
