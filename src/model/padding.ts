// Padding as layers of tfjs, which only know `same` and `valid`.

import * as layers from "@tensorflow/tfjs-layers";
import type { Padding } from "../network/graph.js";

export interface PaddedNode {
  readonly name: string;
  readonly stride: number;
  readonly padding: Padding;
}

/** Symmetric padding needs a separate layer, unless it is equivalent to `same`. */
export function paddingOf({ name, stride, padding }: PaddedNode, [height, width]: readonly [number, number]) {
  const none: layers.layers.Layer[] = [];
  if (padding !== "symmetric") return { around: none, padding };
  const sides = [sideOf(height), sideOf(width)] as const;
  if (sides[0] + sides[1] === 0) return { around: none, padding: "valid" as const };
  if (stride === 1 && height % 2 === 1 && width % 2 === 1) return { around: none, padding: "same" as const };
  const zeros = layers.layers.zeroPadding2d({
    name: `${name}.zeros`,
    padding: [
      [sides[0], sides[0]],
      [sides[1], sides[1]],
    ],
  });
  return { around: [zeros], padding: "valid" as const };
}

/** The pixels of symmetric padding on each side. */
export function sideOf(kernel: number): number {
  return Math.floor((kernel - 1) / 2);
}
