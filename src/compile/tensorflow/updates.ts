// Updates of weights that are single ops of TensorFlow. As separate operations, they would be several passes over each weight, and on a
// GPU several kernels, of which there are hundreds in a step.

import { makersOf, type NodeOf, type TracedGraph } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";

/**
 * `ResourceApplyGradientDescent`: w = w - rate d. `ResourceApplyMomentum`: v = momentum v + d; w = w - rate v, or with Nesterov
 * w = w - rate (d + momentum v).
 */
export interface Update {
  /** w. */
  readonly name: string;
  readonly rate: Value;
  readonly difference: Value;
  readonly velocity: Velocity | null;
}

interface Velocity {
  /** v. */
  readonly name: string;
  readonly momentum: Value;
  readonly nesterov: boolean;
}

type StateEntry = TracedGraph["state"][number];

/** Updates by the values that they assign, of which those with a velocity have two. */
export function findUpdates(graph: TracedGraph): ReadonlyMap<Value, Update> {
  const sums = makersOf(graph, "ScaledSum");
  const states = new Map(graph.state.map((entry) => [entry.after, entry]));
  const updates = new Map<Value, Update>();
  for (const { name, before, after } of graph.state) {
    const sum = sums.get(after);
    if (!sum || sum.attributes.sign > 0 || sum.inputs[2] !== before) continue;
    const [direction, rate] = sum.inputs;
    if (rate.shape.length > 0) continue;
    const found = momentumOf(direction, { sums, states, constants: graph.constants });
    const update = {
      name,
      rate,
      difference: found?.difference ?? direction,
      velocity: found?.velocity ?? null,
    };
    updates.set(after, update);
    if (found) updates.set(found.after, update);
  }
  return updates;
}

/** A function that uses a number twice may have two constants of it. */
function isSameNumber(one: Value, other: Value, { constants }: Makers): boolean {
  const [number, otherNumber] = [one, other].map((value) => constants.get(value)?.[0]);
  return one === other || (number !== undefined && number === otherNumber);
}

interface Makers {
  readonly constants: TracedGraph["constants"];
  readonly sums: ReadonlyMap<Value, NodeOf<"ScaledSum">>;
  readonly states: ReadonlyMap<Value, StateEntry>;
}

/** Null if the direction does not come from a velocity, which is state. */
function momentumOf(
  direction: Value,
  makers: Makers,
): { readonly after: Value; readonly difference: Value; readonly velocity: Velocity } | null {
  const plain = decayed(direction, makers);
  if (plain) return { ...plain, after: direction, velocity: { ...plain, nesterov: false } };
  const outer = makers.sums.get(direction);
  const after = outer?.inputs[0];
  const inner = after && decayed(after, makers);
  if (!outer || !inner || outer.attributes.sign < 0) return null;
  const [, momentum, difference] = outer.inputs;
  const isNesterov = difference === inner.difference && isSameNumber(momentum, inner.momentum, makers);
  return isNesterov ? { ...inner, after, velocity: { ...inner, nesterov: true } } : null;
}

/** v = momentum v + difference, where v is state. */
function decayed(after: Value, { sums, states }: Makers) {
  const [sum, entry] = [sums.get(after), states.get(after)];
  if (!sum || !entry || sum.attributes.sign < 0 || sum.inputs[0] !== entry.before) return null;
  const [, momentum, difference] = sum.inputs;
  if (momentum.shape.length > 0) return null;
  return { name: entry.name, momentum, difference };
}
