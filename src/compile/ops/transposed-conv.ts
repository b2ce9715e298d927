// Transposed convolutions of plain images (nchw).

import type { Context } from "./op.js";

export interface TransposedConv {
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly [height: number, width: number];
  readonly dilations?: readonly [height: number, width: number];
  readonly groups?: number;
  /** Rows and columns that are cut off. */
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
  /** Rows and columns that no window reaches. */
  readonly unreached: readonly [bottom: number, right: number];
  /** Of the result. */
  readonly size: readonly [height: number, width: number];
}

/** Some devices cannot cut off more after an image than before it. There, the rest is cut off afterwards. */
export function transposedConv(
  { builder, needsEvenPads }: Context,
  inputs: readonly [image: string, filter: string],
  { kernel, strides, dilations = [1, 1], groups = 1, pads, unreached, size }: TransposedConv,
): string {
  const [top, left, bottom, right] = pads;
  const [rows, columns] = [Math.min(top, bottom), Math.min(left, right)];
  const isEven = top === bottom && left === right;
  const spread = builder.op("ConvTranspose", inputs, {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: needsEvenPads ? [rows, columns, rows, columns] : pads,
    group: groups,
    output_padding: unreached,
  });
  if (isEven || !needsEvenPads) return spread;
  const start = [top - rows, left - columns] as const;
  const end = [start[0] + size[0], start[1] + size[1]];
  return builder.op("Slice", [spread, builder.ints(start), builder.ints(end), builder.ints([2, 3])]);
}
