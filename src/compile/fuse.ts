// ONNX nodes -> fewer: what follows a blocked convolution and can be done in its pass, is.
//
// A shift becomes the convolution's bias, a sum its fourth input, a ReLU its activation: the affine step of
// BatchNorm or the scaling of SE, the residual sum and the ReLU are one pass over the activations.

import { BLOCKED_DOMAIN, type OnnxBuilder, type OnnxNode, type OnnxValue } from "./onnx-builder.js";

export interface Fused {
  readonly nodes: readonly OnnxNode[];
  /** What the outputs have become: the same numbers, perhaps under another name and shape. */
  readonly outputs: ReadonlyMap<string, OnnxValue>;
}

/** `outputs`: values that must stay. The order of nodes stays valid. */
export function fuse(builder: OnnxBuilder, outputs: readonly OnnxValue[]): Fused {
  const { nodes } = builder;
  const uses = new Map<string, number>(outputs.map(({ name }) => [name, 1]));
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
    const shifted = node.isShift && first !== undefined && isPrivate(first) ? open.get(first) : undefined;
    if (shifted !== undefined && takesBias(fused[shifted] as OnnxNode, node)) {
      const conv = fused[shifted] as OnnxNode;
      const [x, weights] = conv.inputs as [string, string];
      move(shifted, { ...conv, inputs: [x, weights, node.inputs[2] as string], outputs: node.outputs });
      continue;
    }
    if (node.type === "Conv" && node.domain === BLOCKED_DOMAIN) {
      open.set(output as string, fused.length);
      fused.push(node);
      continue;
    }
    if (node.type === "Add" && node.isBlockedSum === true && first !== second) {
      const [best] = [first, second]
        .filter((name): name is string => name !== undefined && isPrivate(name))
        .flatMap((name) => (open.has(name) ? [{ name, index: open.get(name) as number }] : []))
        .filter(({ index }) => takesSum(fused[index] as OnnxNode));
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
  const kept = fused.filter((node) => node !== null);
  const views = new Map(kept.flatMap((node) => (node.view ? [[node.outputs[0], node.view] as const] : [])));
  // A reshape into an output would be a copy; inside the view the numbers are the same.
  const seen = outputs.map((output): [string, OnnxValue] => {
    const view = views.get(output.name);
    return [output.name, view ? { name: insideName(output.name), shape: view.inner } : output];
  });
  return { nodes: kept.flatMap((node) => expandView(builder, node)), outputs: new Map(seen) };
}

/** Reshapes around a node that sees its tensors in another shape; between nodes they cost nothing. */
function expandView(builder: OnnxBuilder, node: OnnxNode): OnnxNode[] {
  if (!node.view) return [node];
  const [inner, outer] = [builder.ints(node.view.inner), builder.ints(node.view.outer)];
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
  const inside = insideName(output);
  return [...before, { ...node, inputs: seen, outputs: [inside] }, reshape(inside, outer, output)];
}

function insideName(output: string): string {
  return `${output}:inside`;
}

/** A bias has one number an output channel of the convolution; a shift may have one an image and channel. */
function takesBias(conv: OnnxNode, shift: OnnxNode): boolean {
  if (conv.inputs.length >= 3 || conv.attributes.activation !== undefined) return false;
  if (!conv.view) return conv.outputChannels === shift.attributes.group;
  return conv.view.inner.join() === shift.view?.inner.join();
}

function takesSum({ inputs, attributes }: OnnxNode): boolean {
  return inputs.length < 4 && attributes.activation === undefined;
}
