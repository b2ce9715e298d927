// Reshapes of reshapes -> one, or none if the shape is the same again. They copy nothing, but each is a node to load and to run.

import type { OnnxBuilder } from "../onnx/builder.js";
import { type OnnxGraph, type OnnxNode, outputNames } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";
import { countUses } from "./uses.js";

export const JOIN_RESHAPES: NodePass = {
  name: "join-reshapes",
  purpose: "makes reshapes of reshapes one, or none if they change nothing",
  run: joinReshapes,
};

function joinReshapes(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph {
  const kept = outputNames(graph);
  const shapes = new Map<string, string>();
  for (const { name, shape } of [...graph.inputs.values(), ...graph.stateInputs.values()])
    shapes.set(name, shape.join());
  /** Output of a reshape -> what it reshapes. */
  const origins = new Map<string, string>();
  /** Output of a reshape that changes nothing -> its input. */
  const same = new Map<string, string>();
  const nodes = graph.nodes.map((node): OnnxNode => {
    const inputs = node.inputs.map((name) => same.get(name) ?? name);
    const [output] = node.outputs;
    if (node.shape) shapes.set(output, node.shape.join());
    const target = node.type === "Reshape" ? builder.constant(inputs[1] as string)?.ints : undefined;
    if (!target) return { ...node, inputs };
    const [from, ...rest] = inputs as [string, ...string[]];
    const origin = origins.get(from) ?? from;
    origins.set(output, origin);
    shapes.set(output, target.join());
    if (shapes.get(origin) === target.join() && !kept.has(output)) same.set(output, origin);
    return { ...node, inputs: [origin, ...rest] };
  });
  const uses = countUses(nodes, kept);
  return { ...graph, nodes: nodes.filter(({ type, outputs }) => type !== "Reshape" || uses.has(outputs[0])) };
}
