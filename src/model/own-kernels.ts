// Registers, for one backend, all kernels that tfjs lacks, one that it has wrong, and three gradients that need less memory or time.

import { correctAvgPoolGradient } from "./avg-pool-gradient.js";
import { registerBatchNormKernels } from "./batch-norm-kernels.js";
import { registerGroupedConvKernels } from "./grouped-conv-kernels.js";
import { registerReductionGradients } from "./reduction-gradients.js";

export function registerOwnKernels(backendName: string): void {
  registerBatchNormKernels(backendName);
  registerGroupedConvKernels(backendName);
  correctAvgPoolGradient(backendName);
  registerReductionGradients();
}
