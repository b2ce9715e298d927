// Registers, for one backend, all kernels that tfjs lacks, and one that it has wrong.

import { correctAvgPoolGradient } from "./avg-pool-gradient.js";
import { registerBatchNormKernels } from "./batch-norm-kernels.js";
import { registerGroupedConvKernels } from "./grouped-conv-kernels.js";

export function registerOwnKernels(backendName: string): void {
  registerBatchNormKernels(backendName);
  registerGroupedConvKernels(backendName);
  correctAvgPoolGradient(backendName);
}
