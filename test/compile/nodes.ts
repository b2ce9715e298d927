// ONNX nodes written down by hand.

import type { OnnxNode } from "../../src/compile/onnx-builder.js";

/** `text`: outputs, type and inputs, as in "sum = Add a b" or "y i = MaxPool x". */
export function node(text: string, attributes: OnnxNode["attributes"] = {}): OnnxNode {
  const [outputs = "", call = ""] = text.split(" = ");
  const [type = "", ...inputs] = call.split(" ");
  return { origin: "", type, domain: "", inputs, outputs: outputs.split(" "), attributes };
}
