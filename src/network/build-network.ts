// An experiment's network -> its graph.

import {
  type BlockStageSpec,
  isPreactivation,
  isWrittenOut,
  type NetworkSpec,
  type StageSpec,
} from "../config/experiment-spec.js";
import type { Path } from "../diagnostic.js";
import { BLOCKS } from "./blocks/blocks.js";
import { addSteps } from "./build-modules.js";
import { frozenGraph } from "./freeze.js";
import type { Graph, Shape } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";

/** The shape of the images and the number of classes. */
export interface NetworkInput {
  readonly shape: Shape;
  readonly classes: number;
}

/** The last node is the classifier. Its outputs are logits; there is no softmax. */
export function buildNetwork(network: NetworkSpec, input: NetworkInput): Graph {
  const builder = new GraphBuilder(network);
  let x = builder.add("input", "input", [], ["dataset"], { shape: input.shape });
  x = stem(builder, x, network);
  const rates = dropPathRates(network);
  network.stages.forEach((stage, index) => {
    const own = { name: `stage${index + 1}`, path: ["network", "stages", index] };
    const { layerScale } = network;
    x = addStage(builder, x, { stage, rates: rates[index] as number[], layerScale, ...own });
  });
  const last = network.stages.at(-1);
  if (startsWithNorm(last)) x = builder.normActivate(x, "head", ["network", "head"], last.activation);
  head(builder, x, network, input.classes);
  return frozenGraph(builder.finish(), network.freeze);
}

/** Convolutions, each with normalisation and activation, except the last one before a pre-activation block, which has its own. */
function stem(builder: GraphBuilder, input: string, { stem, stages, padding }: NetworkSpec): string {
  if (stem === "none") return input;
  const path: Path = ["network", "stem"];
  let x = input;
  stem.convs.forEach((conv, index) => {
    const name = stem.convs.length === 1 ? "stem" : `stem${index + 1}`;
    const isLast = index === stem.convs.length - 1;
    x = builder.conv(x, name, path, conv);
    if (!isLast || stem.norm === "always" || !startsWithNorm(stages[0]))
      x = builder.normActivate(x, name, path, stem.activation);
  });
  if (stem.pool === "off") return x;
  const { type, kernel, stride } = stem.pool;
  const pool = { kernel, stride, padding };
  return builder.add(type === "max" ? "max-pool" : "avg-pool", "stem.pool", [x], [...path, "pool"], pool);
}

/** The rate of stochastic depth of each block, by stage: of the l-th of L blocks, dropPath l / L (Huang et al. 2016, eq. 4). */
function dropPathRates({ stages, dropPath }: NetworkSpec): number[][] {
  const depths = stages.map((stage) => (isWrittenOut(stage) ? 0 : stage.repeat));
  const blocks = depths.reduce((a, b) => a + b, 0);
  let before = 0;
  return depths.map((depth) => Array.from({ length: depth }, () => (dropPath * ++before) / blocks));
}

interface StageParts {
  readonly stage: StageSpec;
  /** The rate of stochastic depth of each block. */
  readonly rates: readonly number[];
  readonly layerScale: NetworkSpec["layerScale"];
  readonly name: string;
  readonly path: Path;
}

function addStage(
  builder: GraphBuilder,
  input: string,
  { stage, rates, layerScale, name, path }: StageParts,
): string {
  let x = input;
  for (let index = 0; index < stage.repeat; index++) {
    const own = { name: `${name}.block${index + 1}`, path };
    if (isWrittenOut(stage))
      x = addSteps(
        builder,
        { input: x, name: own.name, path: [...path, "modules"], activation: stage.activation },
        stage.modules,
      );
    else {
      const dropPath = rates[index] as number;
      const parts = { stage, first: index === 0, dropPath, layerScale, ...own };
      x = BLOCKS[stage.block](builder, x, parts);
    }
  }
  return x;
}

function head(builder: GraphBuilder, input: string, { head }: NetworkSpec, classes: number): void {
  const path: Path = ["network", "head"];
  let x = head.pool === "avg" ? builder.add("global-avg-pool", "head.pool", [input], path, {}) : input;
  if (head.norm) x = builder.norm(x, "head.pool", path);
  if (head.hidden !== "none") {
    const hidden = { units: head.hidden, bias: true };
    x = builder.add("dense", "head.hidden", [x], path, hidden);
    x = builder.activate({ input: x, name: "head.hidden", path }, head.activation);
  }
  if (head.dropout > 0) x = builder.add("dropout", "head.dropout", [x], path, { rate: head.dropout });
  const units = head.classes === "dataset" ? classes : head.classes;
  builder.add("dense", "head.classifier", [x], path, { units, bias: true });
}

function startsWithNorm(stage: StageSpec | undefined): stage is BlockStageSpec {
  return stage !== undefined && !isWrittenOut(stage) && isPreactivation(stage);
}
