// Nodes that a pass adds to a traced graph.

import type { TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";

export type NodeMaker = ReturnType<typeof nodeMaker>;

/** Functions that add a node and return its output. Pads and slices change the last axis. */
export function nodeMaker(nodes: TracedNode[], make: (shape: readonly number[]) => Value, layer: string) {
  const add = (node: Pick<TracedNode, "kernel" | "attributes">, x: Value, output: Value): Value => {
    nodes.push({ ...node, inputs: [x], outputs: [output], layer } as TracedNode);
    return output;
  };
  const isLast = ({ shape }: Value, axis: number) => axis === shape.length - 1;
  return {
    reshape: (x: Value, shape: readonly number[], output = make(shape)): Value =>
      add({ kernel: "Reshape", attributes: {} }, x, output),
    transpose: (x: Value, perm: readonly number[], output?: Value): Value =>
      add(
        { kernel: "Transpose", attributes: { perm } },
        x,
        output ?? make(perm.map((axis) => x.shape[axis] ?? 1)),
      ),
    tile: (x: Value, reps: readonly number[]): Value =>
      add(
        { kernel: "Tile", attributes: { reps } },
        x,
        make(x.shape.map((size, axis) => size * (reps[axis] ?? 1))),
      ),
    pad(x: Value, before: number, after: number): Value {
      const paddings = x.shape.map(
        (_, axis) => (isLast(x, axis) ? [before, after] : [0, 0]) as [number, number],
      );
      const shape = x.shape.map((size, axis) => (isLast(x, axis) ? before + size + after : size));
      return add({ kernel: "PadV2", attributes: { paddings, constantValue: 0 } }, x, make(shape));
    },
    slice(x: Value, start: number, size: number): Value {
      const starts = x.shape.map((_, axis) => (isLast(x, axis) ? start : 0));
      const sizes = x.shape.map((all, axis) => (isLast(x, axis) ? size : all));
      return add({ kernel: "Slice", attributes: { starts, sizes } }, x, make(sizes));
    },
    sum: (x: Value, axis: number): Value =>
      add({ kernel: "Sum", attributes: { axes: [axis] } }, x, make(x.shape.toSpliced(axis, 1))),
  };
}
