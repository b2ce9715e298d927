// The first step of published networks: the graph engine computes the loss and the gradients of the compiled one.
//
// In deep networks, rounding decides about ReLUs near zero, and later layers amplify that. What rounding does is taken from the compiled
// engine's own two sets of kernels, which differ by it.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseSource, readSource } from "../../src/config/source.js";
import { initialState } from "../../src/model/initial-values.js";
import { COMPARED, ENGINES, type Outcome, randomArray, runOn } from "./both-engines.js";
import { experimentOf, graphOf, subjectOf } from "./whole-network.js";

const CLASSES = 5;
const small = (network: string) =>
  parseSource(`name: a\ndataset: { name: synthetic }\nnetwork: ${network}\n`, "a.yaml");
const BLOCKS =
  "stem: { filters: 16 }, stages: [{ block: basic, repeat: 2, filters: 16 }, { block: basic, filters: 32, stride: 2 }]";
const zoo = (name: string) => readSource(`configs/zoo/${name}.yaml`);

/** Name -> its experiment, and the width of its images. */
const NETWORKS: Readonly<Record<string, readonly [ReturnType<typeof small>, number]>> = {
  "SE-ResNet-20": [zoo("cifar-se-resnet-20-b"), 16],
  "SE-ResNeXt-50": [zoo("se-resnext-50"), 64],
  "SE-MobileNet": [zoo("se-mobilenet"), 64],
  "SE-BN-Inception": [zoo("se-bn-inception"), 64],
  CBAM: [small(`{ ${BLOCKS}, attention: { type: cbam, r: 4 } }`), 12],
  GE: [small(`{ ${BLOCKS}, attention: { type: ge } }`), 12],
};

describe("the first step of published networks is the same with TensorFlow's graph and compiled", function () {
  this.timeout(240_000);

  for (const [name, [source, size]] of Object.entries(NETWORKS))
    it(name, async function () {
      if (!COMPARED.includes("graph")) this.skip();
      const experiment = experimentOf(source);
      const shape = { batch: 4, height: size, width: size, channels: 3, classes: CLASSES };
      const make = () => subjectOf(experiment, "train", shape);
      const inputs = [
        {
          images: randomArray(4 * size * size * 3, name),
          labels: Float32Array.from({ length: 4 * CLASSES }, (_, index) =>
            index % (CLASSES + 1) === 0 ? 1 : 0,
          ),
          learning_rate: Float32Array.of(0.01),
        },
      ];
      await ENGINES.plain();
      const initial = initialState(graphOf(experiment, shape), 1);
      const [plain, blocked, found] = [
        await runOn(await ENGINES.plain(), make, { initial, inputs }),
        await runOn(await ENGINES.blocked(), make, { initial, inputs }),
        await runOn(await ENGINES.graph(), make, { initial, inputs }),
      ];
      const loss = ({ results }: Outcome) => results[0]?.loss?.[0] as number;
      const lossError = Math.abs(loss(found) - loss(plain));
      assert.ok(
        lossError < 1e-5 * Math.max(1, loss(plain)) + Math.abs(loss(blocked) - loss(plain)),
        `the losses differ by ${lossError}`,
      );
      const error = distance(found, plain);
      assert.ok(error < 1e-5 + 5 * distance(blocked, plain), `the gradients differ by ${error}`);
    });
});

/** Of all velocities, which are gradients after the first step: the norm of the difference, relative to the norm. */
function distance(found: Outcome, expected: Outcome): number {
  let [difference, whole] = [0, 0];
  for (const [name, values] of expected.state) {
    if (!name.endsWith(":velocity")) continue;
    const other = found.state.get(name) as Float32Array;
    values.forEach((value, index) => {
      difference += (value - (other[index] as number)) ** 2;
      whole += value ** 2;
    });
  }
  return Math.sqrt(difference / whole);
}
