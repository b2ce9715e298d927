// Nodes that work on their tensors in another shape -> the same nodes with reshapes around them, which copy nothing.

import type { OnnxBuilder } from "../onnx/builder.js";
import type { Named, OnnxGraph, OnnxNode } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const EXPAND_VIEWS: NodePass = {
  name: "expand-views",
  purpose: "adds reshapes around nodes that need their tensors in another shape",
  run: expandViews,
};

/** Inputs of a convolution that have the shape of its image. */
const IMAGES = [0, 3];

function expandViews(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph {
  const views = new Map(graph.nodes.flatMap(({ view, outputs }) => (view ? [[outputs[0], view]] : [])));
  // A reshape into an output would be a copy, so the output is taken before the reshape. Its numbers are the same.
  const seen = (named: Named): Named =>
    new Map(
      Array.from(named, ([name, value]) => {
        const view = views.get(value.name);
        return [name, view ? { name: insideName(value.name), shape: view.inner } : value];
      }),
    );
  return {
    ...graph,
    nodes: graph.nodes.flatMap((node) => expandView(builder, node)),
    outputs: seen(graph.outputs),
    stateOutputs: seen(graph.stateOutputs),
  };
}

function expandView(builder: OnnxBuilder, { view, ...node }: OnnxNode): OnnxNode[] {
  if (!view) return [node];
  const inner = builder.ints(view.inner);
  const [output] = node.outputs;
  const reshape = (name: string, shape: string, result: string): OnnxNode => ({
    origin: node.origin,
    type: "Reshape",
    domain: "",
    inputs: [name, shape],
    outputs: [result],
    attributes: {},
  });
  const isSeen = (name: string, index: number) => IMAGES.includes(index) && name !== "";
  const inputs = node.inputs.map((name, index) => (isSeen(name, index) ? `${output}:${index}` : name));
  const before = node.inputs.flatMap((name, index) =>
    isSeen(name, index) ? [reshape(name, inner, `${output}:${index}`)] : [],
  );
  const inside = insideName(output);
  const after = reshape(inside, builder.ints(view.outer), output);
  return [...before, { ...node, inputs, outputs: [inside], shape: view.inner }, after];
}

function insideName(output: string): string {
  return `${output}:inside`;
}
