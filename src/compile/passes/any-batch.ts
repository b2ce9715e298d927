// ONNX nodes for a fixed number of images -> nodes for any number of images.

import { InputError } from "../../diagnostic.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { OnnxGraph, OnnxNode } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const ANY_BATCH: NodePass = {
  name: "any-batch",
  purpose: "only for exported models: makes nodes that depend on the batch size accept any size",
  run: forAnyBatch,
};

/** A batch size that is a large prime. Every multiple of it in the graph must come from the batch size. */
export const TELLTALE_BATCH = 7919;

/** An end in ONNX' Slice that stands for the end of the axis. */
const TO_THE_END = 2 ** 31 - 1;

/**
 * Lets a Reshape infer the size that depends on the batch size, and a Slice that ends with the last image continue to the end of
 * the axis. Throws InputError for a node that depends on the batch size in another way.
 */
function forAnyBatch(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph {
  const nodes = graph.nodes.map((node): OnnxNode => {
    const fail = (): never => {
      throw new InputError(
        `${node.origin} works on all images of a batch at once; set the batch size with --batch`,
      );
    };
    if (Object.values(node.attributes).flat().some(countsImages)) return fail();
    const inputs = node.inputs.map((name, index) => {
      const { shape = [], ints } = builder.constant(name) ?? {};
      if (shape.some(countsImages)) return fail();
      if (!ints?.some(countsImages)) return name;
      const free = node.type === "Reshape" && index === 1 ? -1 : isEnds(node, index) ? TO_THE_END : fail();
      if (free === -1 && ints.filter(countsImages).length > 1) return fail();
      return builder.ints(ints.map((size) => (countsImages(size) ? free : size)));
    });
    return { ...node, inputs };
  });
  return { ...graph, nodes };
}

function countsImages(size: unknown): boolean {
  return typeof size === "number" && size !== 0 && size % TELLTALE_BATCH === 0;
}

function isEnds({ type }: OnnxNode, index: number): boolean {
  return type === "Slice" && index === 2;
}
