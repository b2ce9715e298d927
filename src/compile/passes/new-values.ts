// The numbers of the values of a traced graph, which those that a pass adds continue.

import type { TracedGraph } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";

/** Returns a function that makes values with numbers that no value of the graph has. */
export function newValues(graph: TracedGraph): (shape: readonly number[]) => Value {
  let next = firstNewId(graph);
  return (shape) => ({ id: next++, shape, dtype: "float32" });
}

/** The first number that no value of the graph has. */
function firstNewId({ inputs, state, constants, nodes }: TracedGraph): number {
  let last = -1;
  const see = ({ id }: { readonly id: number }) => {
    last = Math.max(last, id);
  };
  for (const { value } of inputs) see(value);
  for (const { before } of state) see(before);
  for (const value of constants.keys()) see(value);
  for (const { outputs } of nodes) outputs.forEach(see);
  return last + 1;
}
