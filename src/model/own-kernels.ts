// Registers, for one backend, all kernels that tfjs lacks.

import { registerBatchNormKernels } from "./batch-norm-kernels.js";
import { registerGroupedConvKernels } from "./grouped-conv-kernels.js";

export function registerOwnKernels(backendName: string): void {
  registerBatchNormKernels(backendName);
  registerGroupedConvKernels(backendName);
}
