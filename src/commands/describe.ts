// squeezebox describe: an experiment -> its network's layers, parameters, MACs and activations.

import { describeDataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import { type Complexity, complexityOf } from "../network/complexity.js";
import type { Shape } from "../network/graph.js";
import { formatCount, formatLarge, formatTable } from "../report/format.js";
import { loadExperiment, networkOf, parseOverrides } from "./inputs.js";
import { print, printJson } from "./output.js";

export interface DescribeFlags {
  readonly json: boolean;
  readonly set: readonly string[];
  /** HEIGHTxWIDTHxCHANNELS, in place of the dataset's. */
  readonly input?: string;
  readonly classes?: number;
}

export async function describe(file: string, flags: DescribeFlags): Promise<number> {
  const loaded = loadExperiment(file, parseOverrides(flags.set));
  const input =
    flags.input !== undefined && flags.classes !== undefined
      ? null
      : describeDataset(loaded.experiment.dataset);
  const shape = flags.input === undefined ? (input?.shape as Shape) : parseInput(flags.input);
  const classes = flags.classes ?? (input?.classes as number);
  const complexity = complexityOf(networkOf(loaded, { shape, classes }));
  const { name } = loaded.experiment;
  if (flags.json) printJson({ name, ...complexity });
  else print(formatDescription(name, complexity));
  return 0;
}

function parseInput(text: string): Shape {
  const match = /^(\d+)x(\d+)x(\d+)$/.exec(text);
  const [height, width, channels] = (match?.slice(1) ?? []).map(Number);
  if (!height || !width || !channels)
    throw new InputError(`--input takes HEIGHTxWIDTHxCHANNELS, as in 32x32x3; found ${text}`);
  return { height, width, channels };
}

function formatDescription(name: string, { params, macs, activations, layers }: Complexity): string {
  const table = formatTable(
    ["layer", "op", "output", "parameters", "MACs"],
    layers.map(({ name, op, output, params, macs }) => [
      name,
      op,
      `${output.height}x${output.width}x${output.channels}`,
      params.total === 0 ? "" : formatCount(params.total),
      macs === 0 ? "" : formatCount(macs),
    ]),
    { right: [3, 4] },
  );
  return [
    table,
    "",
    name,
    `  parameters   ${formatCount(params.trainable)} trainable, ${formatCount(params.total)} with BatchNorm's moving statistics`,
    `  MACs         ${formatCount(macs)} (${formatLarge(macs)}) an image: multiply-adds of convolutions and fully connected layers`,
    `  activations  ${formatCount(activations)} outputs of the same layers`,
  ].join("\n");
}
