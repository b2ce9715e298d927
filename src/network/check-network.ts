// Network graph -> problems, each with the part of the experiment that causes it.

import type { Path } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import { misplacedNode } from "./check-ranks.js";
import type { Graph, Node, Shape } from "./graph.js";
import { inferShapes, inputShapes, outputsOf } from "./shapes.js";

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
    const report: Report = (code, message, keys, path = node.path) => {
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
    // What follows is only a consequence.
    if (Math.min(output.height, output.width) < 1) break;
    checkDivision(node, input, { output, report });
    if (node.op === "pad-channels" && node.channels < input.channels)
      report(
        "fewer-channels",
        `a zero-padded shortcut cannot reduce ${input.channels} channels to ${node.channels}; use shortcut: projection`,
        ["filters"],
      );
  }
  const misplaced = misplacedNode(graph);
  if (misplaced && problems.length === 0) {
    const { node, needs } = misplaced;
    const [is, hint] =
      needs === "image"
        ? ["needs images, but what comes before it is a vector", ""]
        : ["needs a vector, but what comes before it is an image", "; `flatten: {}` makes one"];
    problems.push({
      code: "wrong-rank",
      message: `${node.name}: ${is}${hint}`,
      path: node.path,
      keys: ["pool"],
    });
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

type Report = (code: DiagnosticCode, message: string, keys: readonly string[], path?: Path) => void;

/** Channels that cannot be divided as groups, gates and norms ask, or are divided into single numbers. */
function checkDivision(
  node: Node,
  input: Shape,
  { output, report }: { output: Shape; report: Report },
): void {
  const { channels } = input;
  const isPart = /\.part\d+$/.test(node.name);
  const gate = isPart ? ["scale"] : ["attention"];
  if (!Number.isInteger(output.channels)) {
    const parts = node.op === "channels" ? Math.round(channels / node.count) : 4;
    const whole = node.op === "channels" ? channels : 4 * output.channels;
    report("indivisible", `its ${whole} channels cannot be divided into ${parts} equal parts`, gate);
  } else if (node.op === "conv" && (channels % node.groups !== 0 || node.filters % node.groups !== 0)) {
    const both = `must divide both the ${channels} input channels and the ${node.filters} output channels`;
    if (node.name.includes(".split-attention."))
      report("indivisible", `radix times groups, which is ${node.groups}, ${both}`, gate);
    else report("indivisible", `groups: ${node.groups} ${both}`, ["groups"]);
  }
  if (node.op === "frequency-pool" && channels % node.frequencies.length !== 0)
    report(
      "indivisible",
      `attention.frequencies: ${node.frequencies.length} must divide its ${channels} channels`,
      gate,
    );
  const isNetworks = /\.[gl]n$/.test(node.name) && !/\.gc\.reduce/.test(node.name);
  const keys = isNetworks ? ["groups"] : gate;
  const path = isNetworks ? ["network", "norm"] : node.path;
  if (node.op === "group-norm") {
    const groups = `${isNetworks ? "" : "attention."}groups: ${node.groups}`;
    if (channels % node.groups !== 0)
      report("indivisible", `${groups} must divide its ${channels} channels`, keys, path);
    else if (node.groups === channels && input.height * input.width === 1)
      report("too-small", `${groups} leave a single number in each group`, keys, path);
  }
  if (node.op === "layer-norm" && channels === 1)
    report("too-small", "LayerNorm over a single channel is always 0", keys, path);
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
