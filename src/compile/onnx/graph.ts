// ONNX graphs for passes: nodes with annotations for fusion, and the graph's inputs and outputs.

import type { DeclaredNode } from "./messages.js";

/** Blocked (NCHWc) kernels of MLAS. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";
export const MICROSOFT_DOMAIN = "com.microsoft";

export interface OnnxNode extends DeclaredNode {
  readonly outputs: readonly [string, ...string[]];
  /** Set for an Add of two blocked tensors of the same shape. */
  readonly isBlockedSum?: true;
  /** Set for a convolution to which a bias can be added. */
  readonly outputChannels?: number;
  /** Set for a convolution that only adds its bias. */
  readonly isShift?: true;
  /** Set for a Clip: its limits. */
  readonly limits?: readonly [min: number, max: number];
  /** The node works on its first input, fourth input and output in another shape of the same size. */
  readonly view?: View;
  /** The shape of the output, where it is known. */
  readonly shape?: readonly number[];
}

export interface View {
  readonly inner: readonly number[];
  readonly outer: readonly number[];
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** ONNX values by their names in the traced function. An output may have another shape of the same size. */
export type Named = ReadonlyMap<string, OnnxValue>;

export interface OnnxGraph {
  /** In topological order. */
  readonly nodes: readonly OnnxNode[];
  readonly inputs: Named;
  readonly outputs: Named;
  /** Only state that the function reads is an input, and only state that it assigns is an output. */
  readonly stateInputs: Named;
  readonly stateOutputs: Named;
}

/** The names of all outputs, including state. */
export function outputNames({ outputs, stateOutputs }: OnnxGraph): Set<string> {
  return new Set([...outputs.values(), ...stateOutputs.values()].map(({ name }) => name));
}

export function isBlockedConv({ type, domain }: OnnxNode): boolean {
  return type === "Conv" && domain === BLOCKED_DOMAIN;
}
