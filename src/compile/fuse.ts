// ONNX nodes -> fewer: what follows a blocked convolution and can be done in its pass, is.
//
// A sum becomes the convolution's fourth input, a ReLU its activation: the affine step of BatchNorm or the scaling of
// SE, the residual sum and the ReLU are one pass over the activations.

import { BLOCKED_DOMAIN, type OnnxNode } from "./onnx-builder.js";

/** `outputs`: names that must stay. The order of nodes stays valid. */
export function fuse(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const uses = new Map<string, number>(outputs.map((name) => [name, 1]));
  for (const { inputs } of nodes) for (const name of inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const isPrivate = (name: string) => uses.get(name) === 1;

  /** Convolutions that may still take something in, by output; where they stand in `fused`. */
  const open = new Map<string, number>();
  const fused: (OnnxNode | null)[] = [];
  const move = (from: number, node: OnnxNode) => {
    fused[from] = null;
    open.set(node.outputs[0] as string, fused.length);
    fused.push(node);
  };
  for (const node of nodes) {
    const [first, second] = node.inputs;
    const [output] = node.outputs;
    if (node.type === "Conv" && node.domain === BLOCKED_DOMAIN) {
      open.set(output as string, fused.length);
      fused.push(node);
      continue;
    }
    if (node.type === "Add" && node.isBlockedSum === true && first !== second) {
      // The later of two convolutions: its other operand exists by then.
      const candidates = [first, second].filter(
        (name): name is string => name !== undefined && isPrivate(name),
      );
      const [best] = candidates
        .flatMap((name) => (open.has(name) ? [{ name, index: open.get(name) as number }] : []))
        .filter(({ index }) => takesSum(fused[index] as OnnxNode))
        .sort((a, b) => b.index - a.index);
      if (best) {
        const conv = fused[best.index] as OnnxNode;
        const other = (first === best.name ? second : first) as string;
        const [x, weights, bias = ""] = conv.inputs as [string, string, string?];
        move(best.index, { ...conv, inputs: [x, weights, bias, other], outputs: node.outputs });
        continue;
      }
    }
    if (node.type === "Relu" && first !== undefined && isPrivate(first) && open.has(first)) {
      const index = open.get(first) as number;
      const conv = fused[index] as OnnxNode;
      if (conv.attributes.activation === undefined) {
        move(index, {
          ...conv,
          outputs: node.outputs,
          attributes: { ...conv.attributes, activation: "Relu" },
        });
        continue;
      }
    }
    fused.push(node);
  }
  return fused.flatMap((node) => (node === null ? [] : expandView(node)));
}

/** Reshapes around a node that sees its tensors in another shape; they cost nothing. */
function expandView(node: OnnxNode): OnnxNode[] {
  if (!node.view) return [node];
  const { inner, outer } = node.view;
  const [output] = node.outputs as [string];
  const reshape = (name: string, shape: string, result: string): OnnxNode => ({
    origin: node.origin,
    type: "Reshape",
    domain: "",
    inputs: [name, shape],
    outputs: [result],
    attributes: {},
  });
  const seen = node.inputs.map((name, index) => (index === 0 || index === 3 ? `${output}:${index}` : name));
  const before = [0, 3].flatMap((index) => {
    const name = node.inputs[index];
    return name ? [reshape(name, inner, seen[index] as string)] : [];
  });
  const after = reshape(`${output}:seen`, outer, output);
  return [...before, { ...node, inputs: seen, outputs: [`${output}:seen`] }, after];
}

function takesSum({ inputs, attributes }: OnnxNode): boolean {
  return inputs.length < 4 && attributes.activation === undefined;
}
