import { describe, it } from "mocha";
import { compareEngines } from "./whole-network.js";

/** Name -> network and training of an experiment, in YAML. */
const NETWORKS: Record<string, string> = {
  "basic, plain":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, repeat: 2, filters: 8 }, { block: basic, filters: 16, stride: 2 }] }",
  "basic, SE":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, repeat: 2, filters: 8 }, { block: basic, filters: 16, stride: 2 }], se: { r: 4 } }",
  "SE without bias, off in one stage":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8, se: off }, { block: basic, filters: 16, stride: 2 }], se: { r: 2, bias: false } }",
  bottleneck:
    "network: { stem: { filters: 8 }, stages: [{ block: bottleneck, repeat: 2, filters: 8 }, { block: bottleneck, filters: 8, stride: 2 }], se: { r: 8 } }",
  "bottleneck, stride in the 3x3":
    "network: { strideIn: 3x3, stem: { filters: 8 }, stages: [{ block: bottleneck, filters: 8, stride: 2 }] }",
  "zero-padded shortcuts":
    "network: { shortcut: zero-pad, stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }] }",
  "stem with max pool, biases":
    "network: { bias: true, stem: { filters: 8, kernel: 7, stride: 2, pool: {} }, stages: [{ block: basic, filters: 8 }] }",
  "stem with average pool over whole windows":
    "network: { stem: { filters: 8, pool: { type: avg, kernel: 1, stride: 2 } }, stages: [{ block: basic, filters: 8 }] }",
  "odd channels":
    "network: { stem: { filters: 5 }, stages: [{ block: basic, filters: 7, stride: 2 }, { block: basic, filters: 12 }], se: { r: 3 } }",
  dropout:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], head: { dropout: 0.5 } }",
  "label smoothing":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { labelSmoothing: 0.1 }",
  "class weights":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { labelSmoothing: 0.1, classWeights: [0.5, 2, 1, 3] }",
  "clipped gradients":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { clipNorm: 0.3 }",
  "averaged weights":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8, attention: { type: random } }] }\ntraining: { ema: 0.9 }",
  "one channel, weight decay":
    "network: { stem: { filters: 1 }, stages: [{ block: basic, filters: 1 }] }\ntraining: { optimizer: { name: sgd, momentum: 0.9, weightDecay: 0.01 } }",
  nesterov:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: sgd, nesterov: true, weightDecay: 0.01 } }",
  "sgd without momentum":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: sgd, momentum: 0 } }",
  adam: "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: adam, weightDecay: 0.01 } }",
  adamw:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: adamw } }",
};

describe("two training steps and an evaluation of whole networks agree between engines", () => {
  for (const [name, text] of Object.entries(NETWORKS)) it(name, () => compareEngines(text));
});
