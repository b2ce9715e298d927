// What a fusion rule is: a blocked convolution takes in what follows it, to be done in its own pass over the pixels.

import type { OnnxNode } from "../onnx/graph.js";

/** Positions of a blocked convolution's inputs. */
export const BIAS = 2;
export const SUM = 3;

export interface FusionRule {
  readonly name: string;
  /** Inputs of a node through which a convolution before it could take the node in, best first. */
  candidates(node: OnnxNode): readonly string[];
  /** The convolution with the node in it; null where it cannot be. `through`: its output, an input of the node. */
  rewrite(conv: OnnxNode, node: OnnxNode, through: string): OnnxNode | null;
}

export function hasInput({ inputs }: OnnxNode, index: number): boolean {
  return (inputs[index] ?? "") !== "";
}

export function hasActivation({ attributes }: OnnxNode): boolean {
  return attributes.activation !== undefined;
}

/** With an input at a position; those missing before it are empty. */
export function withInput(inputs: readonly string[], index: number, name: string): string[] {
  const length = Math.max(inputs.length, index + 1);
  return Array.from({ length }, (_, at) => (at === index ? name : (inputs[at] ?? "")));
}
