// One step -> a model of any number of steps in a row: the step is the body of a Scan, which takes the inputs of each step from stacks
// of them, passes the state from step to step, and stacks the results.

import { isSameShape } from "../graph/graph.js";
import { OnnxBuilder } from "./builder.js";
import type { OnnxGraph, OnnxNode, OnnxValue } from "./graph.js";
import type { DeclaredValue } from "./messages.js";

/** The model, and what it calls its inputs and outputs. By their names in the step function. */
export interface ScanModel {
  readonly bytes: Uint8Array;
  /** Each has one more axis, the first, of steps. */
  readonly inputs: ReadonlyMap<string, OnnxValue>;
  readonly outputs: ReadonlyMap<string, OnnxValue>;
  /** The shape is that which the step returns; it has the size of the state. */
  readonly stateInputs: ReadonlyMap<string, OnnxValue>;
  readonly stateOutputs: ReadonlyMap<string, OnnxValue>;
}

const STEPS = "steps";

/** The step must have an input and assign to state. `builder` has its constants. */
export function scanModel(builder: OnnxBuilder, step: OnnxGraph): ScanModel {
  const assigned = Array.from(step.stateOutputs, ([name, after]) => {
    const before = step.stateInputs.get(name);
    const isSame = before !== undefined && isSameShape(before.shape, after.shape);
    return {
      name,
      after,
      before,
      carried: isSame ? before : { name: `carried:${name}`, shape: after.shape },
    };
  });
  const results = [...step.outputs.values()];
  const body = builder.graph({
    inputs: [...assigned.map(({ carried }) => carried), ...step.inputs.values()],
    outputs: [...assigned.map(({ after }) => after), ...results],
    nodes: [
      ...assigned.flatMap(({ before, carried }) =>
        before && before !== carried ? [inShapeOf(builder, before, carried)] : [],
      ),
      ...step.nodes,
    ],
  });
  const around = (prefix: string, { name, shape }: OnnxValue) => ({ name: `${prefix}:${name}`, shape });
  const inputs = new Map(Array.from(step.inputs, ([name, value]) => [name, around("all", value)]));
  const outputs = new Map(Array.from(step.outputs, ([name, value]) => [name, around("all", value)]));
  const before = new Map(assigned.map(({ name, carried }) => [name, around("first", carried)]));
  const after = new Map(assigned.map(({ name, after }) => [name, around("last", after)]));
  // State that no step assigns to is seen by the body where it is.
  const kept = Array.from(step.stateInputs).filter(([name]) => !step.stateOutputs.has(name));
  const scan: OnnxNode = {
    origin: "steps",
    type: "Scan",
    domain: "",
    inputs: [...before.values(), ...inputs.values()].map(({ name }) => name),
    outputs: [...after.values(), ...outputs.values()].map(({ name }) => name) as [string, ...string[]],
    attributes: { body, num_scan_inputs: inputs.size },
  };
  const stacked = ({ name, shape }: OnnxValue): DeclaredValue => ({ name, shape: [STEPS, ...shape] });
  const stateInputs = new Map([...before, ...kept]);
  const bytes = new OnnxBuilder().encode({
    inputs: [...stateInputs.values(), ...Array.from(inputs.values(), stacked)],
    outputs: [...after.values(), ...Array.from(outputs.values(), stacked)],
    nodes: [scan],
  });
  return { bytes, inputs, outputs, stateInputs, stateOutputs: after };
}

/** State is carried in the shape that the step returns, because a reshape of what is read is no copy. */
function inShapeOf(builder: OnnxBuilder, before: OnnxValue, carried: OnnxValue): OnnxNode {
  const shape = builder.ints(before.shape);
  return {
    origin: "steps",
    type: "Reshape",
    domain: "",
    inputs: [carried.name, shape],
    outputs: [before.name],
    attributes: {},
  };
}
