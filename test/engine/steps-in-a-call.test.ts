import { describe, it } from "mocha";
import { COMPARED } from "./both-engines.js";
import { compareCalls } from "./whole-network.js";

const STAGES = "stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }]";

/** Name -> network and training of an experiment, in YAML. */
const NETWORKS: Readonly<Record<string, string>> = {
  "SE, momentum": `network: { stem: { filters: 8 }, ${STAGES}, se: { r: 4 } }`,
  "without momentum": `network: { stem: { filters: 8 }, ${STAGES} }\ntraining: { optimizer: { name: sgd, momentum: 0 } }`,
  "widths without whole blocks, adam": `network: { stem: { filters: 5 }, stages: [{ block: basic, filters: 7 }], se: { r: 3 } }\ntraining: { optimizer: { name: adam, weightDecay: 0.01 } }`,
  "weights that are not trained": `network: { stem: { filters: 8 }, ${STAGES}, freeze: [stem, stage1] }`,
  "averaged weights, dropout": `network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], head: { dropout: 0.5 } }\ntraining: { ema: 0.9 }`,
  "accumulated gradients": `network: { stem: { filters: 8 }, ${STAGES} }\ntraining: { accumulate: 2, clipNorm: 0.3 }`,
};

for (const engine of ["as for CUDA" as const, ...COMPARED])
  describe(`several steps in a call of the ${engine} engine`, () => {
    for (const [name, text] of Object.entries(NETWORKS))
      it(`equal as many calls bit for bit: ${name}`, () => compareCalls(text, engine));
  });
