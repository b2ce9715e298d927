// Graphs of a single layer or gate.

import type { Graph, Shape } from "../../src/network/graph.js";
import { GraphBuilder } from "../../src/network/graph-builder.js";

type Defaults = ConstructorParameters<typeof GraphBuilder>[0];

/** The input, called `input`, and what `add` adds. */
export function graphWith(
  shape: Shape,
  add: (builder: GraphBuilder) => void,
  defaults: Partial<Defaults> = {},
): Graph {
  const builder = new GraphBuilder({
    bias: false,
    padding: "same",
    zeroInit: false,
    norm: "batch",
    batchNorm: { epsilon: 1e-5, momentum: 0.9 },
    ...defaults,
  });
  builder.add("input", "input", [], [], { shape });
  add(builder);
  return builder.finish();
}
