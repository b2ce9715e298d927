// Two networks -> which weights of one the other can start from, by their names.

import type { Graph } from "./graph.js";
import { weightsOf } from "./shapes.js";

export interface Transfer {
  /** Names of weights that are taken over. */
  readonly taken: readonly string[];
  /** Those that the other network does not have, and those of a head of another size. */
  readonly anew: readonly string[];
  /** Those with another shape in the other network, outside its head. */
  readonly unfit: readonly {
    readonly name: string;
    readonly here: readonly number[];
    readonly there: readonly number[];
  }[];
}

/** What `to` can take over of `from`. */
export function transferOf(from: Graph, to: Graph): Transfer {
  const there = weightsOf(from);
  const all = Array.from(weightsOf(to), ([name, { shape }]) => {
    const other = there.get(name)?.shape;
    return { name, here: shape, there: other, fits: other?.join() === shape.join() };
  });
  const isHead = (name: string) => name.startsWith("head.");
  return {
    taken: all.flatMap(({ name, fits }) => (fits ? [name] : [])),
    anew: all.flatMap(({ name, there, fits }) =>
      there === undefined || (!fits && isHead(name)) ? [name] : [],
    ),
    unfit: all.flatMap(({ name, here, there, fits }) =>
      there === undefined || fits || isHead(name) ? [] : [{ name, here, there }],
    ),
  };
}
