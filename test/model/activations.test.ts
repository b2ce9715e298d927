// Activations and their gradients are those of PyTorch (test/golden/activations.py), on every engine.

import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { buildModel } from "../../src/model/build-model.js";
import type { Graph, Shape } from "../../src/network/graph.js";
import { GraphBuilder } from "../../src/network/graph-builder.js";
import { assertClose, COMPARED, ENGINES, runOn, type Subject } from "../engine/both-engines.js";

interface Golden {
  readonly shape: [number, number, number, number];
  readonly x: readonly number[];
  readonly dy: readonly number[];
  readonly activations: Readonly<Record<string, Record<"y" | "dx", readonly number[]>>>;
}

const { shape, x, dy, activations } = JSON.parse(
  readFileSync("test/golden/activations.json", "utf8"),
) as Golden;

type Activation = Parameters<GraphBuilder["activate"]>[1];

/** A network that consists of an activation. */
function graphOf(activation: string, [, height, width, channels]: Golden["shape"]): Graph {
  const batchNorm = { epsilon: 1e-5, momentum: 0.9 };
  const builder = new GraphBuilder({ bias: false, padding: "same", zeroInit: false, batchNorm });
  const input = builder.add("input", "input", [], [], { shape: { height, width, channels } as Shape });
  builder.activate({ input, name: "x", path: [] }, activation as Activation);
  return builder.finish();
}

function subjectOf(activation: string): Subject {
  const { layersModel } = buildModel(graphOf(activation, shape));
  const compute = (x: tf.Tensor) => layersModel.apply(x, { training: true }) as tf.Tensor;
  return {
    variables: new Map(),
    step: {
      inputs: { x: shape, dy: shape },
      layers: layersModel.layers,
      run: ({ x, dy }) => {
        const { value, grads } = tf.valueAndGrads((x: tf.Tensor) =>
          tf.sum(tf.mul(compute(x), dy as tf.Tensor)),
        )([x as tf.Tensor]);
        value.dispose();
        return { y: compute(x as tf.Tensor), dx: grads[0] as tf.Tensor };
      },
    },
  };
}

describe("activations and their gradients are those of PyTorch", () => {
  for (const [activation, expected] of Object.entries(activations))
    for (const engine of ["eager", ...COMPARED] as const)
      it(`${activation}, ${engine}`, async () => {
        const inputs = [{ x: Float32Array.from(x), dy: Float32Array.from(dy) }];
        const { results } = await runOn(await ENGINES[engine](), () => subjectOf(activation), {
          initial: new Map(),
          inputs,
        });
        for (const name of ["y", "dx"] as const)
          assertClose(results[0]?.[name], Float32Array.from(expected[name]), { what: name, tolerance: 2e-6 });
      });
});
