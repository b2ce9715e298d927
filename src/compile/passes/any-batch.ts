// ONNX nodes made for so many images -> the same for any number of them.

import { InputError } from "../../diagnostic.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { OnnxGraph, OnnxNode } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const ANY_BATCH: NodePass = {
  name: "any-batch",
  purpose: "of exported models: what counts the images of a batch takes any number of them",
  run: forAnyBatch,
};

/** A number of images that is no product of the sizes in a network: whatever is a multiple of it counts images. */
export const TELLTALE_BATCH = 7919;

/** As far as there is anything, in ONNX' Slice. */
const TO_THE_END = 2 ** 31 - 1;

/**
 * Where a shape counts images, a Reshape is told to work that number out, and a Slice that ends with the last image to go
 * on to the end. Throws InputError for a node that needs the number in another way.
 */
function forAnyBatch(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph {
  const nodes = graph.nodes.map((node): OnnxNode => {
    const fail = (): never => {
      throw new InputError(
        `${node.origin} works on all images of a batch at once: say how many there are, with --batch`,
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
