// Activations, GroupNorm and LayerNorm, and their gradients, are those of PyTorch (test/golden/layers.py), on every engine.

import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import type { Graph } from "../../src/network/graph.js";
import type { GraphBuilder } from "../../src/network/graph-builder.js";
import { assertClose, COMPARED, ENGINES, runOn } from "../engine/both-engines.js";
import { gradientsOf, graphWith } from "./single-layer.js";

interface Golden {
  /** Of the images: x and dy. */
  readonly shape: [number, number, number, number];
  readonly x: readonly number[];
  readonly dy: readonly number[];
  /** The factors and shifts of the normalisations, by channel. */
  readonly gamma: readonly number[];
  readonly beta: readonly number[];
  /** y and the gradients. */
  readonly layers: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

const { layers, shape, ...values } = JSON.parse(readFileSync("test/golden/layers.json", "utf8")) as Golden;

type Activation = Parameters<GraphBuilder["activate"]>[1];

/** A network of a single layer. */
function graphOf(layer: string, [, height, width, channels]: Golden["shape"]): Graph {
  const norm =
    layer === "group-norm"
      ? ({ type: "group", groups: 4, epsilon: 1e-5 } as const)
      : ({ type: "layer", epsilon: 1e-6 } as const);
  const add = (builder: GraphBuilder) =>
    layer.endsWith("-norm")
      ? builder.norm("input", "x", [])
      : builder.activate({ input: "input", name: "x", path: [] }, layer as Activation);
  return graphWith({ height, width, channels }, add, { norm });
}

describe("layers and their gradients are those of PyTorch", () => {
  const array = (name: "x" | "dy" | "gamma" | "beta") => Float32Array.from(values[name]);
  for (const [layer, expected] of Object.entries(layers))
    for (const engine of ["eager", ...COMPARED] as const)
      it(`${layer}, ${engine}`, async () => {
        const state = { gamma: array("gamma"), beta: array("beta") };
        const names = layer.endsWith("-norm") ? (["gamma", "beta"] as const) : [];
        const prefix = layer === "group-norm" ? "x.gn" : "x.ln";
        const { results } = await runOn(
          await ENGINES[engine](),
          () => gradientsOf(graphOf(layer, shape), shape),
          {
            initial: new Map(names.map((name) => [`${prefix}/${name}`, state[name]])),
            inputs: [{ x: array("x"), dy: array("dy") }],
          },
        );
        const own = (name: string) => name.replace(/^d(gamma|beta)$/, `d${prefix}/$1`);
        for (const [name, numbers] of Object.entries(expected))
          assertClose(results[0]?.[own(name)], Float32Array.from(numbers), { what: name, tolerance: 5e-6 });
      });
});
