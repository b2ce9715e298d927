// The steps of a module -> nodes.

import { type AttentionSpec, replacesConv, type StepSpec } from "../config/experiment-spec.js";
import { attend, attendBranches } from "./attention/attention.js";
import type { GateInsertion, GraphBuilder } from "./graph-builder.js";

type StepInsertion = Omit<GateInsertion, "block">;

/**
 * Adds the steps in order; an empty list is the identity. Nodes are numbered: `stage1.block1.2` is the second step,
 * `stage1.block1.2.b1.3` the third step in its first branch.
 */
export function addSteps(
  builder: GraphBuilder,
  { input, name, path, activation }: StepInsertion,
  steps: readonly StepSpec[],
): string {
  return steps.reduce(
    (x, step, index) =>
      addStep(
        builder,
        { input: x, name: `${name}.${index + 1}`, path: [...path, index], block: input, activation },
        step,
      ),
    input,
  );
}

type Key = keyof StepSpec;
type AddStep<K extends Key> = (
  builder: GraphBuilder,
  insertion: GateInsertion,
  step: NonNullable<StepSpec[K]>,
) => string;

const STEPS: { readonly [K in Key]-?: AddStep<K> } = {
  norm: (builder, { input, name, path }, { activation }) =>
    builder.normActivate(input, name, path, activation),
  conv: (builder, { input, name, path }, { norm, activation, kernel, ...conv }) => {
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : (kernel as [number, number]);
    const x = builder.add("conv", name, [input], path, { ...conv, kernel: [height, width], dilation: 1 });
    const normed = norm ? builder.norm(x, name, path) : x;
    return builder.activate({ input: normed, name, path }, activation);
  },
  depthwise: (builder, { input, name, path }, { kernel, stride, activation }) => {
    const { channels } = builder.shape(input);
    const shared = {
      filters: channels,
      groups: channels,
      stride,
      bias: false,
      padding: "same" as const,
      dilation: 1,
    };
    const x = builder.add("conv", name, [input], path, { ...shared, kernel: [kernel, kernel] });
    return builder.normActivate(x, name, path, activation);
  },
  pool: (builder, { input, name, path }, { type, ...pool }) =>
    builder.add(type === "max" ? "max-pool" : "avg-pool", name, [input], path, pool),
  branches: (builder, { input, name, path, activation }, branches) => {
    const ends = branches.map((steps, index) => {
      const branch = { input, name: `${name}.b${index + 1}`, path: [...path, "branches", index], activation };
      return addSteps(builder, branch, steps);
    });
    return builder.add("concat", name, ends, path, {});
  },
  residual: (
    builder,
    { input, name, path, activation: around },
    { branch, shortcut, scale, dropPath, activation },
  ) => {
    const x = addSteps(
      builder,
      { input, name: `${name}.branch`, path: [...path, "residual", "branch"], activation: around },
      branch,
    );
    const scaled = scale === 1 ? x : builder.add("multiply", `${name}.scaled`, [x], path, { factor: scale });
    const kept =
      dropPath > 0
        ? builder.add("drop-path", `${name}.drop-path`, [scaled], path, { rate: dropPath })
        : scaled;
    const beside = {
      input,
      name: `${name}.shortcut`,
      path: [...path, "residual", "shortcut"],
      activation: around,
    };
    const sum = builder.add("add", name, [kept, addSteps(builder, beside, shortcut)], path, {});
    return builder.activate({ input: sum, name, path }, activation);
  },
  shuffle: (builder, { input, name, path }, groups) =>
    builder.add("channel-shuffle", name, [input], path, { groups }),
  attention: (builder, { name, ...insertion }, gate) =>
    gate === "off" ? insertion.input : addGate(builder, { ...insertion, name: `${name}.${gate.type}` }, gate),
  relu: (builder, { input, name, path }) => builder.add("relu", name, [input], path, {}),
  activation: (builder, insertion, kind) => builder.activate(insertion, kind),
  flatten: (builder, { input, name, path }) => builder.add("flatten", name, [input], path, {}),
  dense: (builder, { input, name, path }, { units, activation }) => {
    const x = builder.add("dense", name, [input], path, { units, bias: true });
    return builder.activate({ input: x, name, path }, activation);
  },
  dropout: (builder, { input, name, path }, rate) => builder.add("dropout", name, [input], path, { rate }),
};

/** A gate over branches replaces no convolution here: it is one, which keeps the channels. */
function addGate(builder: GraphBuilder, insertion: GateInsertion, gate: AttentionSpec): string {
  if (!replacesConv(gate)) return attend(builder, insertion, gate);
  const { channels } = builder.shape(insertion.input);
  const conv = { filters: channels, kernel: 3, stride: 1, groups: 1, activation: insertion.activation };
  return attendBranches(builder, insertion, { conv, spec: gate });
}

function addStep(builder: GraphBuilder, insertion: GateInsertion, step: StepSpec): string {
  const [[key, value]] = Object.entries(step) as [[Key, never]];
  return (STEPS[key] as (builder: GraphBuilder, insertion: GateInsertion, value: never) => string)(
    builder,
    insertion,
    value,
  );
}
