// Network graph -> problems, each with the part of the experiment that causes it.

import type { Path } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import type { Graph, Node, Shape } from "./graph.js";
import { inferShapes, inputShapes, outputsOf } from "./shapes.js";

/** Keys that divide channels into parts. */
const PARTED = ["scale", "attention"];

export interface NetworkProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** The part of the network, and those of its keys that may be the cause. */
  readonly path: Path;
  readonly keys: readonly string[];
}

/** Finds strides larger than their input, shortcuts that would drop channels, classifiers with too few outputs, and so on. */
export function checkNetwork(graph: Graph, classes: number): NetworkProblem[] {
  const shapes = inferShapes(graph);
  const problems: NetworkProblem[] = [];
  const seen = new Set<string>();
  for (const node of graph) {
    const [input] = inputShapes(node, shapes);
    if (!input) continue;
    const report = (code: DiagnosticCode, message: string, keys: readonly string[], path = node.path) => {
      const key = `${code} ${path.join(".")}`;
      if (!seen.has(key)) problems.push({ code, message: `${node.name}: ${message}`, path, keys });
      seen.add(key);
    };
    const output = shapes.get(node.name) as Shape;
    const problem = problemOf(node, inputShapes(node, shapes), output);
    if (problem) report(...problem);
    const stride = "stride" in node ? node.stride : 1;
    const size = `${input.height}x${input.width}`;
    if (stride > Math.min(input.height, input.width))
      report("too-small", `stride ${stride} is larger than its ${size} input`, ["strides", "stride"]);
    if (node.op === "conv" && (input.channels % node.groups !== 0 || node.filters % node.groups !== 0)) {
      const both = `must divide both the ${input.channels} input channels and the ${node.filters} output channels`;
      if (node.name.includes(".split-attention."))
        report("indivisible", `radix times groups, which is ${node.groups}, ${both}`, ["attention"]);
      else report("indivisible", `groups: ${node.groups} ${both}`, ["groups"]);
    }
    if (!Number.isInteger(output.channels))
      report("indivisible", `its ${input.channels} channels cannot be divided into equal parts`, PARTED);
    if (node.op === "frequency-pool" && input.channels % node.frequencies.length !== 0)
      report(
        "indivisible",
        `attention.frequencies: ${node.frequencies.length} must divide its ${input.channels} channels`,
        PARTED,
      );
    if (node.op === "group-norm") {
      // One of the network's, or one in a gate.
      const isNetworks = node.name.endsWith(".gn");
      const keys = isNetworks ? ["groups"] : PARTED;
      const path = isNetworks ? ["network", "norm"] : node.path;
      const groups = `${isNetworks ? "" : "attention."}groups: ${node.groups}`;
      if (input.channels % node.groups !== 0)
        report("indivisible", `${groups} must divide its ${input.channels} channels`, keys, path);
      else if (node.groups === input.channels && input.height * input.width === 1)
        report("too-small", `${groups} leave a single number in each group`, keys, path);
    }
    if (node.op === "pad-channels" && node.channels < input.channels)
      report(
        "fewer-channels",
        `a zero-padded shortcut cannot reduce ${input.channels} channels to ${node.channels}; use shortcut: projection`,
        ["filters"],
      );
  }
  const units = outputsOf(graph, shapes);
  if (units < classes)
    problems.push({
      code: "too-few-classes",
      message: `the classifier has ${units} outputs, but the dataset has ${classes} classes`,
      path: ["network", "head"],
      keys: ["classes"],
    });
  return problems;
}

/** Problems of modules: branches with different shapes, or windows larger than their input. */
function problemOf(
  node: Node,
  inputs: readonly Shape[],
  output: Shape,
): [DiagnosticCode, string, string[]] | null {
  if (node.op === "concat" || node.op === "add") {
    const sizes = inputs.map(
      ({ height, width, channels }) => `${height}x${width}${node.op === "add" ? `x${channels}` : ""}`,
    );
    if (new Set(sizes).size > 1)
      return ["unequal-shapes", `its branches have different output shapes: ${sizes.join(", ")}`, []];
  }
  if (node.op === "channel-shuffle" && output.channels % node.groups !== 0)
    return ["indivisible", `groups: ${node.groups} must divide its ${output.channels} channels`, ["shuffle"]];
  const [input] = inputs;
  if (Math.min(output.height, output.width) < 1)
    return [
      "too-small",
      `its ${input?.height}x${input?.width} input is too small: the output would be empty`,
      ["conv", "pool"],
    ];
  return null;
}
