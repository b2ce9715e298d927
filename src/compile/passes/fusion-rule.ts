// The interface of fusion rules. A rule merges a node into the blocked convolution before it, whose kernel then does its work.

import type { OnnxNode } from "../onnx/graph.js";

/** Positions of a blocked convolution's inputs. */
export const BIAS = 2;
export const SUM = 3;

export interface FusionRule {
  readonly name: string;
  /** The inputs of a node that may come from a convolution that the node can be merged into, best first. */
  candidates(node: OnnxNode): readonly string[];
  /** The convolution merged with the node; null if it is impossible. `through`: the convolution's output, an input of the node. */
  rewrite(conv: OnnxNode, node: OnnxNode, through: string): OnnxNode | null;
}

export function hasInput({ inputs }: OnnxNode, index: number): boolean {
  return (inputs[index] ?? "") !== "";
}

export function hasActivation({ attributes }: OnnxNode): boolean {
  return attributes.activation !== undefined;
}

/** Sets the input at an index. Missing inputs before it become empty. */
export function withInput(inputs: readonly string[], index: number, name: string): string[] {
  const length = Math.max(inputs.length, index + 1);
  return Array.from({ length }, (_, at) => (at === index ? name : (inputs[at] ?? "")));
}
