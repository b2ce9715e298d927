// ONNX graphs while passes work on them: nodes with what fusing has to know, and what goes in and comes out.

import type { DeclaredNode } from "./messages.js";

/** Blocked (NCHWc) kernels of MLAS. */
export const BLOCKED_DOMAIN = "com.microsoft.nchwc";
export const MICROSOFT_DOMAIN = "com.microsoft";

export interface OnnxNode extends DeclaredNode {
  readonly outputs: readonly [string, ...string[]];
  /** An Add of two blocked tensors of one shape. */
  readonly isBlockedSum?: true;
  /** Of a convolution that could take a bias. */
  readonly outputChannels?: number;
  /** Adds its bias and does nothing else. */
  readonly isShift?: true;
  /** First input, fourth input and output are seen in another shape of the same size. */
  readonly view?: View;
}

export interface View {
  readonly inner: readonly number[];
  readonly outer: readonly number[];
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** ONNX values by the names that the traced function uses. An output may have another shape, of the same size. */
export type Named = ReadonlyMap<string, OnnxValue>;

export interface OnnxGraph {
  /** In an order in which each comes after those it needs. */
  readonly nodes: readonly OnnxNode[];
  readonly inputs: Named;
  readonly outputs: Named;
  /** Only state that the function reads is an input, only state that it assigns an output. */
  readonly stateInputs: Named;
  readonly stateOutputs: Named;
}

/** Names of all that the graph returns. */
export function outputNames({ outputs, stateOutputs }: OnnxGraph): Set<string> {
  return new Set([...outputs.values(), ...stateOutputs.values()].map(({ name }) => name));
}

export function isBlockedConv({ type, domain }: OnnxNode): boolean {
  return type === "Conv" && domain === BLOCKED_DOMAIN;
}
