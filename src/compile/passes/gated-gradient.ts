// The gradient of BatchNorm behind a gate, whose dy is gate dz + shift -> one node that reads dz, so that dy is never computed.
//
// Both terms come from a gate that is computed from the means of what it scales, such as SE: the first from the scaling, the second from
// the mean, whose gradient is the same for all pixels.

import { BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";
import { makersOf, resultsOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { hasManyPixels, isGate } from "./gated-batch-norm.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";
import { countUses } from "./uses.js";

export const GATED_GRADIENT: GraphPass = {
  name: "gated-gradient",
  purpose: "makes the gradient of BatchNorm read the gradient behind a gate, and scale it itself",
  run: joinGates,
};

function joinGates(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const termsOf = gateTerms(graph);
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    if (node.kernel !== BATCH_NORM_TRAIN_GRADIENT) return [node];
    const [dy, ...forward] = node.inputs;
    const terms = termsOf(dy);
    if (!terms) return [node];
    const { dz, gate, sum, count } = terms;
    const shift = make(gate.shape);
    const { layer } = node;
    return [
      { kernel: "RealDiv", inputs: [sum, count], attributes: {}, outputs: [shift], layer },
      { ...node, kernel: "GatedBatchNormGradient", inputs: [dz, gate, shift, ...forward] },
    ];
  });
  return { ...graph, nodes };
}

/** dy = gate dz + sum / count, where `sum`, like the gate, has one number per image and channel. */
interface Terms {
  readonly dz: Value;
  readonly gate: Value;
  readonly sum: Value;
  readonly count: Value;
}

function gateTerms(graph: TracedGraph): (dy: Value) => Terms | null {
  const uses = countUses<Value>(graph.nodes, resultsOf(graph));
  const [sums, products, quotients, tiles] = [
    makersOf(graph, "Add"),
    makersOf(graph, "Multiply"),
    makersOf(graph, "RealDiv"),
    makersOf(graph, "Tile"),
  ];
  const scaled = (value: Value) => {
    const factors = uses.get(value) === 1 ? products.get(value)?.inputs : undefined;
    const gate = factors?.find((factor) => isGate(factor, value));
    const dz = factors?.find((factor) => factor !== gate);
    return gate && dz && { dz, gate };
  };
  const repeated = (value: Value) => {
    const [tiled, count] = quotients.get(value)?.inputs ?? [];
    const sum = tiled && tiles.get(tiled)?.inputs[0];
    return sum && count?.shape.length === 0 && isGate(sum, value) ? { sum, count } : undefined;
  };
  return (dy) => {
    const [one, other] = hasManyPixels(dy) && uses.get(dy) === 1 ? (sums.get(dy)?.inputs ?? []) : [];
    if (!one || !other) return null;
    for (const [product, mean] of [[one, other] as const, [other, one] as const]) {
      const [first, second] = [scaled(product), repeated(mean)];
      if (first && second) return { ...first, ...second };
    }
    return null;
  };
}
