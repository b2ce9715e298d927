// Where each traced value is in the ONNX graph being built: under which names, in which layouts, how much of it.

import { channelsFirst, imageShape, sizeOfShape } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import type { Layout } from "./op.js";

interface Place {
  readonly names: Map<Layout, string>;
  /** The shape that is really there, in tfjs' order of axes: 1 where the numbers repeat along an axis. */
  readonly stored: readonly number[];
}

/**
 * A value may be stored *compact*, with size 1 along axes on which it only repeats: broadcasting does the rest, and
 * most such values (gradients of means, constants) are never needed in full. Conversions are made when first asked for.
 */
export class Placement {
  readonly #places = new Map<Value, Place>();

  constructor(private readonly builder: OnnxBuilder) {}

  /** Says where a value is. `stored`: its compact shape, if it is compact. */
  put(value: Value, layout: Layout, name: string, stored: readonly number[] = value.shape): void {
    this.#places.set(value, { names: new Map([[layout, name]]), stored });
  }

  storedShape(value: Value): readonly number[] {
    return this.#placeOf(value).stored;
  }

  /** The value as it is stored, perhaps compact, in a layout. */
  compact(value: Value, layout: Layout): string {
    const place = this.#placeOf(value);
    const known = place.names.get(layout);
    if (known !== undefined) return known;
    const name = this.#convert(place, layout);
    place.names.set(layout, name);
    return name;
  }

  /** The value in its full shape, in a layout. */
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

  #placeOf(value: Value): Place {
    const place = this.#places.get(value);
    if (!place) throw new Error(`value ${value.id} (${value.shape.join("x")}) was used before it was made`);
    return place;
  }

  #convert({ names, stored }: Place, to: Layout): string {
    const [first] = names;
    if (!first) throw new Error("a place without a name");
    const [from, name] = first;
    const { builder } = this;
    const shape = imageShape(stored);
    const [, height, width, channels] = shape;
    // Memory is the same in every layout where there is one pixel or one channel; the declared shape may differ.
    const sameMemory = height * width === 1 || (channels === 1 && from !== "blocked" && to !== "blocked");
    if (to === "plain") {
      if (sameMemory) return builder.op("Reshape", [name, builder.ints(stored)]);
      if (from === "nchw") return builder.op("Transpose", [name], { perm: [0, 2, 3, 1] });
      return builder.op("ReorderOutput", [name], { channels, channels_last: 1 }, BLOCKED_DOMAIN);
    }
    if (from === "plain") {
      if (sameMemory) return builder.op("Reshape", [name, builder.ints(channelsFirst(shape))]);
      if (to === "nchw") return builder.op("Transpose", [name], { perm: [0, 3, 1, 2] });
      return builder.op("ReorderInput", [name], { channels_last: 1 }, BLOCKED_DOMAIN);
    }
    if (sameMemory) return name;
    return to === "blocked"
      ? builder.op("ReorderInput", [name], { channels_last: 0 }, BLOCKED_DOMAIN)
      : builder.op("ReorderOutput", [name], { channels, channels_last: 0 }, BLOCKED_DOMAIN);
  }
}
