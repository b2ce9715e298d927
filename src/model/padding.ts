// Padding as layers of tfjs, which only know `same` and `valid`.

import type { Padding } from "../network/graph.js";
import layers from "../tfjs-layers.cjs";

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
  return { around: [zerosAround(name, sides)], padding: "valid" as const };
}

/** The layer that adds zeros above and below, and on the left and the right, before the layer of that name. */
export function zerosAround(name: string, [rows, columns]: readonly [number, number]): layers.layers.Layer {
  const padding: [[number, number], [number, number]] = [
    [rows, rows],
    [columns, columns],
  ];
  return layers.layers.zeroPadding2d({ name: `${name}.zeros`, padding });
}

/** The pixels of symmetric padding on each side. */
export function sideOf(kernel: number): number {
  return Math.floor((kernel - 1) / 2);
}
