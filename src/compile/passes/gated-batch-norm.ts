// BatchNorm whose output a gate scales per image and channel, as SE does -> a single scaling of BatchNorm's input.
//
// BatchNorm's output is a x + b with one a and b per channel. So a gate times it is (gate a) x + gate b, its mean over pixels, which
// the gate is computed from, is a mean(x) + b, and its product with a gradient, summed over pixels, is a dot(x, dz) + b sum(dz). What
// remains are sums over x, which BatchNorm and its gradient need anyway. The output itself is neither computed nor kept.

import { BATCH_NORM_TRAIN } from "../../model/batch-norm-kernels.js";
import {
  imageShape,
  isImageShape,
  isSameShape,
  makersOf,
  type NodeOf,
  resultsOf,
  type TracedGraph,
  type TracedNode,
} from "../graph/graph.js";
import type { BinaryName, Value } from "../graph/kernels.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";
import { usersOf } from "./uses.js";

export const GATED_BATCH_NORM: GraphPass = {
  name: "gated-batch-norm",
  purpose: "turns BatchNorm whose output is scaled by a gate into one scaling of its input",
  run: scaleInputs,
};

type BatchNorm = NodeOf<typeof BATCH_NORM_TRAIN>;

/** y = a x + b */
interface Affine {
  readonly x: Value;
  /** [channels] */
  readonly a: Value;
  readonly b: Value;
}

function scaleInputs(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const gated = gatedOf(graph);
  const affines = new Map<Value, Affine>();
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    const { layer } = node;
    const added: TracedNode[] = [];
    const op = (kernel: BinaryName, one: Value, other: Value, output?: Value): Value => {
      const result = output ?? make((one.shape.length < other.shape.length ? other : one).shape);
      added.push({ kernel, inputs: [one, other], attributes: {}, outputs: [result], layer });
      return result;
    };
    if (node.kernel === BATCH_NORM_TRAIN && gated.has(node)) {
      const [x, gamma, beta] = node.inputs;
      const [y, mean, scale, variance] = node.outputs;
      const moments = [mean, scale, variance] as const;
      added.push({ ...node, kernel: "BatchNormMoments", inputs: [x], outputs: moments });
      const a = op("Multiply", gamma, scale);
      affines.set(y, { x, a, b: op("Sub", beta, op("Multiply", mean, a)) });
      return added;
    }
    const of = node.inputs.map((value) => affines.get(value)).find((found) => found !== undefined);
    if (!of) return [node];
    const { x, a, b } = of;
    const other = node.inputs.find((value) => !affines.has(value));
    if (node.kernel === "Mean") {
      const mean = make(node.outputs[0].shape);
      added.push({ ...node, inputs: [x], outputs: [mean] });
      op("Add", op("Multiply", mean, a), b, node.outputs[0]);
    } else if (node.kernel === "Multiply" && other) {
      const inputs = [x, op("Multiply", other, a), op("Multiply", other, b)] as const;
      added.push({ ...node, kernel: "ChannelAffine", inputs });
    } else if (node.kernel === "PixelDot" && other) {
      const [dots, sums] = [make(node.outputs[0].shape), make(node.outputs[0].shape)];
      added.push({ ...node, inputs: [other, x], outputs: [dots] });
      added.push({ ...node, kernel: "Sum", inputs: [other], attributes: { axes: [1, 2] }, outputs: [sums] });
      op("Add", op("Multiply", dots, a), op("Multiply", sums, b), node.outputs[0]);
    }
    return added;
  });
  return { ...graph, nodes };
}

/** Those whose output is scaled by a gate and used for nothing else than the gate and its gradient. */
function gatedOf(graph: TracedGraph): ReadonlySet<BatchNorm> {
  const users = usersOf(graph.nodes);
  const results = new Set(resultsOf(graph));
  const norms = makersOf(graph, BATCH_NORM_TRAIN);
  /** Whether the node is a dot with something else than an output of BatchNorm. */
  const isDot = ({ kernel, inputs }: TracedNode, y: Value) =>
    kernel === "PixelDot" && inputs.some((other) => other !== y && !norms.has(other));
  const isGated = ({ outputs: [y] }: BatchNorm) => {
    const all = users.get(y) ?? [];
    const isUse = (node: TracedNode) => isScaling(node, y) || isMean(node) || isDot(node, y);
    return hasManyPixels(y) && !results.has(y) && all.every(isUse) && all.some((node) => isScaling(node, y));
  };
  return new Set([...norms.values()].filter(isGated));
}

/**
 * On small maps, convolutions are matrix products of plain images, and numbers per image and channel are almost as many as pixels. A
 * BatchNorm over vectors centres them first.
 */
export function hasManyPixels({ shape }: Value): boolean {
  return isImageShape(shape) && shape[1] * shape[2] > 4;
}

function isScaling({ kernel, inputs }: TracedNode, y: Value): boolean {
  const other = inputs.find((value) => value !== y);
  return kernel === "Multiply" && other !== undefined && isGate(other, y);
}

/** Whether the value has one number for each image and channel of y. */
export function isGate({ shape }: Value, y: Value): boolean {
  const [batch, , , channels] = imageShape(y.shape);
  return isSameShape(shape, [batch, 1, 1, channels]);
}

function isMean(node: TracedNode): boolean {
  return node.kernel === "Mean" && node.attributes.axes.join() === "1,2";
}
