// The gradient of BatchNorm after a convolution has a factor per channel, gamma / sqrt(variance) -> that factor is left to what
// reads the gradient: the filter of the convolution, whose gradient it scales, too. Two passes over filters instead of one over images.

import { BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";
import { resultsOf, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";
import { usersOf } from "./uses.js";

export const FILTER_FACTOR: GraphPass = {
  name: "filter-factor",
  purpose: "scales filters and their gradients instead of the gradient of BatchNorm after the convolution",
  // Rounded factors would be another computation than the one that is asked for.
  run: (graph) => (graph.products === "float32" ? moveFactors(graph) : graph),
};

function moveFactors(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const users = usersOf(graph.nodes);
  const results = new Set(resultsOf(graph));
  /** dx -> its factor, [channels]. */
  const factors = new Map<Value, Value>();
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    const { layer } = node;
    const times = (value: Value, factor: Value, output: Value): TracedNode => ({
      ...{ kernel: "Multiply", inputs: [value, factor], attributes: {}, outputs: [output], layer },
    });
    switch (node.kernel) {
      case BATCH_NORM_TRAIN_GRADIENT:
      case "GatedBatchNormGradient": {
        const [dx] = node.outputs;
        if (results.has(dx) || !isForFilters(dx, users.get(dx) ?? [])) return [node];
        const [gamma, , scale] = node.inputs.slice(-3) as [Value, Value, Value];
        const factor = make(gamma.shape);
        factors.set(dx, factor);
        return [times(gamma, scale, factor), { ...node, attributes: { isDivided: true } }];
      }
      case "Conv2DBackpropInput": {
        const [dy, filter] = node.inputs;
        const factor = factors.get(dy);
        if (!factor) return [node];
        const scaled = make(filter.shape);
        return [times(filter, factor, scaled), { ...node, inputs: [dy, scaled] }];
      }
      case "Conv2DBackpropFilter": {
        const factor = factors.get(node.inputs[1]);
        if (!factor) return [node];
        const [output] = node.outputs;
        const divided = make(output.shape);
        return [{ ...node, outputs: [divided] }, times(divided, factor, output)];
      }
      default:
        return [node];
    }
  });
  return { ...graph, nodes };
}

/** Whether all that the users do is to compute gradients of a convolution whose filter is small compared with its images. */
function isForFilters(dx: Value, users: readonly TracedNode[]): boolean {
  return users.every((node) => {
    if (node.kernel === "Conv2DBackpropInput")
      return 2 * sizeOfShape(node.inputs[1].shape) < sizeOfShape(dx.shape);
    return node.kernel === "Conv2DBackpropFilter" && node.inputs[1] === dx && node.inputs[0] !== dx;
  });
}
