// squeezebox describe: one or two experiments -> the parts, parameters, MACs and activations of their networks.

import { parseSetFlag } from "../config/override.js";
import { InputError } from "../diagnostic.js";
import type { CheckedExperiment } from "../experiment/checked-experiment.js";
import { describedFacts } from "../experiment/dataset-facts.js";
import { loadExperiment, networkOf } from "../experiment/load-experiment.js";
import { formatCount, formatLarge } from "../format.js";
import { complexityOf } from "../network/complexity.js";
import type { Shape } from "../network/graph.js";
import {
  type DescribedNetwork,
  layerTable,
  mermaid,
  settingsOf,
  sideBySide,
  stageTable,
} from "../present/network-tables.js";
import { watchData } from "./data-progress.js";
import { parseInput } from "./inputs.js";
import { lineWidth, print, printJson } from "./output.js";

export interface DescribeFlags {
  readonly json: boolean;
  readonly layers: boolean;
  readonly mermaid: boolean;
  readonly set: readonly string[];
  /** HEIGHTxWIDTHxCHANNELS, instead of the dataset's. */
  readonly input?: string;
  readonly classes?: number;
}

export async function describe(files: readonly string[], flags: DescribeFlags): Promise<number> {
  if (files.length === 2 && (flags.layers || flags.mermaid))
    throw new InputError("--layers and --mermaid show one network; two are compared by stage");
  if (files.length > 2) throw new InputError(`describe takes one or two experiments; found ${files.length}`);
  const networks = [];
  for (const file of files) networks.push(await describedNetwork(file, flags));
  const [first, second] = networks as [(typeof networks)[number], (typeof networks)[number]?];
  if (flags.json) {
    const json = networks.map(({ name, complexity }) => ({ name, ...complexity }));
    printJson(json.length === 1 ? json[0] : json);
  } else if (second) print(sideBySide(first, second, lineWidth()));
  else if (flags.mermaid) print(mermaid(first.graph, first.complexity));
  else print(`${(flags.layers ? layerTable : stageTable)(first, lineWidth())}\n\n${totals(first)}`);
  return 0;
}

async function describedNetwork(file: string, flags: DescribeFlags) {
  const loaded = loadExperiment(file, flags.set.map(parseSetFlag));
  const input =
    flags.input !== undefined && flags.classes !== undefined ? null : await inputOf(loaded, flags);
  const shape = flags.input === undefined ? (input?.shape as Shape) : parseInput(flags.input);
  const classes = flags.classes ?? (input?.classes as number);
  const graph = networkOf(loaded, { shape, classes });
  const { name, network: spec } = loaded.experiment;
  return { name, spec, graph, complexity: complexityOf(graph) };
}

/** With a bar if many images have to be looked at. */
async function inputOf(loaded: CheckedExperiment, { json }: DescribeFlags) {
  const view = watchData(json);
  return describedFacts(view.progressed)(loaded).finally(view.close);
}

function totals({ name, spec, complexity: { params, macs, activations } }: DescribedNetwork): string {
  return [
    name,
    `  ${settingsOf(spec).join("; ")}`,
    `  parameters   ${formatCount(params.trainable)} trainable, ${formatCount(params.total)} with moving statistics`,
    `  MACs         ${formatCount(macs)} (${formatLarge(macs)}) multiply-adds per image`,
    `  activations  ${formatCount(activations)} outputs per image`,
    "  MACs and activations are those of convolutions and fully connected layers.",
  ].join("\n");
}
