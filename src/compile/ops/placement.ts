// The location of each traced value in the ONNX graph: its name in each layout, and its stored shape.

import { channelsFirst, imageShape, sizeOfShape } from "../graph/graph.js";
import type { DataType, Value } from "../graph/kernels.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { DATA_TYPES } from "../onnx/messages.js";

/**
 * The order of a value's numbers in memory.
 *
 * - plain: as in tfjs; images are batch, height, width, channels
 * - nchw: batch, channels, height, width
 * - blocked: batch, channels / B, height, width, B channels, as MLAS's direct convolutions read and write
 */
export type Layout = "plain" | "nchw" | "blocked";

/** Axis of an image in tfjs' layout -> axis in nchw. */
export const IN_NCHW = [0, 2, 3, 1] as const;
/** The inverse. */
export const FROM_NCHW = [0, 3, 1, 2] as const;

interface Stored {
  readonly names: Map<Layout, string>;
  /** The stored shape, in tfjs' order of axes. Its size is 1 along axes on which the numbers may repeat. */
  readonly stored: readonly number[];
}

/**
 * A value may be stored *compact*, with size 1 along axes on which it only repeats. Broadcasting does the rest, and most such
 * values (gradients of means, constants) are never needed in full. Conversions are added when they are first needed.
 */
export class Placement {
  readonly #places = new Map<Value, Stored>();

  /** `block`: the number of channels in a block; null if nothing is blocked. */
  constructor(
    private readonly builder: OnnxBuilder,
    private readonly block: number | null,
  ) {}

  /** Registers the name and the layout of a value. `stored`: its compact shape, if it is compact. */
  put(value: Value, layout: Layout, name: string, stored: readonly number[] = value.shape): void {
    this.#places.set(value, { names: new Map([[layout, name]]), stored });
  }

  storedShape(value: Value): readonly number[] {
    return this.#placeOf(value).stored;
  }

  /** The name of the value in a layout, possibly compact. */
  compact(value: Value, layout: Layout): string {
    const place = this.#placeOf(value);
    const known = place.names.get(layout);
    if (known !== undefined) return known;
    const name = this.#convert(place, layout, value.dtype);
    place.names.set(layout, name);
    return name;
  }

  /** The name of the value in a layout, in its full shape. */
  full(value: Value, layout: Layout): string {
    const { stored } = this.#placeOf(value);
    if (sizeOfShape(stored) !== sizeOfShape(value.shape)) {
      const expanded = this.builder.op("Expand", [
        this.compact(value, "plain"),
        this.builder.ints(value.shape),
      ]);
      this.put(value, "plain", expanded);
    }
    return this.compact(value, layout);
  }

  #placeOf(value: Value): Stored {
    const place = this.#places.get(value);
    if (!place) throw new Error(`value ${value.id} (${value.shape.join("x")}) is used before it is computed`);
    return place;
  }

  #convert({ names, stored }: Stored, to: Layout, dtype: DataType): string {
    const [first] = names;
    if (!first) throw new Error("a place has no name");
    const [from, name] = first;
    const { builder } = this;
    const shape = imageShape(stored);
    const [, height, width, channels] = shape;
    // With one pixel or one channel, memory is the same in every layout, but the declared shape may differ. A single block has the
    // order of tfjs.
    const isBetween = (...two: Layout[]) => two.includes(from) && two.includes(to);
    const sameMemory =
      height * width === 1 ||
      (channels === 1 && isBetween("plain", "nchw")) ||
      (channels === this.block && isBetween("plain", "blocked"));
    if (to === "plain") {
      if (sameMemory) return builder.op("Reshape", [name, builder.ints(stored)]);
      if (from === "nchw") return builder.op("Transpose", [name], { perm: [0, 2, 3, 1] });
      return reordered(builder, name, { dtype, channels, channelsLast: 1 });
    }
    if (from === "plain") {
      if (sameMemory) return builder.op("Reshape", [name, builder.ints(channelsFirst(shape))]);
      if (to === "nchw") return builder.op("Transpose", [name], { perm: [0, 3, 1, 2] });
      return reordered(builder, name, { dtype, channelsLast: 1 });
    }
    if (sameMemory) return name;
    return to === "blocked"
      ? reordered(builder, name, { dtype, channelsLast: 0 })
      : reordered(builder, name, { dtype, channels, channelsLast: 0 });
  }
}

interface Reordering {
  readonly dtype: DataType;
  /** Of the result, if it is not blocked. */
  readonly channels?: number;
  readonly channelsLast: 0 | 1;
}

/** To or from blocks. Their kernels only take float32. */
function reordered(
  builder: OnnxBuilder,
  name: string,
  { dtype, channels, channelsLast }: Reordering,
): string {
  const op = channels === undefined ? "ReorderInput" : "ReorderOutput";
  const attributes = { ...(channels !== undefined && { channels }), channels_last: channelsLast };
  const reorder = (from: string) => builder.op(op, [from], attributes, BLOCKED_DOMAIN);
  if (dtype === "float32") return reorder(name);
  const asFloats = builder.op("Cast", [name], { to: DATA_TYPES.float32 });
  return builder.op("Cast", [reorder(asFloats)], { to: DATA_TYPES[dtype] });
}
