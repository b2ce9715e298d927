// Gates, their gradients and their number of parameters are those of PyTorch (test/golden/gates.py), on every engine.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { attend } from "../../src/network/attention/attention.js";
import { complexityOf } from "../../src/network/complexity.js";
import type { Graph } from "../../src/network/graph.js";
import { assertClose, COMPARED, ENGINES, runOn } from "../engine/both-engines.js";
import { gradientsOf, graphWith } from "./single-layer.js";

type Arrays = Readonly<Record<string, readonly number[]>>;

interface Golden {
  /** Of the images: x and dy. */
  readonly shape: readonly [images: number, height: number, width: number, channels: number];
  readonly x: readonly number[];
  readonly dy: readonly number[];
  readonly gates: Readonly<Record<string, GoldenGate>>;
}

interface GoldenGate {
  readonly params: number;
  /** By variable, as are the gradients. */
  readonly weights: Arrays;
  readonly gradients: Arrays;
  readonly y: readonly number[];
  readonly dx: readonly number[];
}

const { shape, gates, ...images } = JSON.parse(readFileSync("test/golden/gates.json", "utf8")) as Golden;
const LAYOUTS = ["parallel", "sequential"] as const;

function polarized(layout: (typeof LAYOUTS)[number]): Graph {
  const [, height, width, channels] = shape;
  const insertion = { input: "input", name: "gate", path: [], block: "input", activation: "relu" } as const;
  return graphWith({ height, width, channels }, (builder) => {
    attend(builder, insertion, { type: "polarized", layout, placement: "standard" });
  });
}

describe("gates, their gradients and their parameters are those of PyTorch", () => {
  for (const layout of LAYOUTS) {
    const { params, weights, gradients, y, dx } = gates[`polarized, ${layout}`] as GoldenGate;
    const expected = {
      y,
      dx,
      ...Object.fromEntries(Object.entries(gradients).map(([name, numbers]) => [`dgate.${name}`, numbers])),
    };

    it(`polarized, ${layout}: parameters`, () =>
      assert.equal(complexityOf(polarized(layout)).params.trainable, params));

    for (const engine of ["eager", ...COMPARED] as const)
      it(`polarized, ${layout}, ${engine}`, async () => {
        const { results } = await runOn(
          await ENGINES[engine](),
          () => gradientsOf(polarized(layout), shape),
          {
            initial: new Map(
              Object.entries(weights).map(([name, numbers]) => [`gate.${name}`, Float32Array.from(numbers)]),
            ),
            inputs: [{ x: Float32Array.from(images.x), dy: Float32Array.from(images.dy) }],
          },
        );
        for (const [name, numbers] of Object.entries(expected))
          assertClose(results[0]?.[name], Float32Array.from(numbers), { what: name, tolerance: 5e-6 });
      });
  }
});
