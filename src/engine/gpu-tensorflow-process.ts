// A process that loads the TensorFlow that is made for GPUs, and sends what it sees.

import { findTensorFlow, isFound } from "../runtime/find-tensorflow.js";
import type { GpuTensorFlow } from "./gpu-tensorflow.js";

const found = findTensorFlow({ onlyGpu: true });
const state: GpuTensorFlow = !isFound(found) ? "none" : found.hasGpu ? "gpu" : "no gpu";
process.send?.(state, () => process.exit());
