// All kernels that tfjs lacks, for one backend.

import { registerBatchNormKernels } from "./batch-norm-kernels.js";
import { registerGroupedConvKernels } from "./grouped-conv-kernels.js";

export function registerOwnKernels(backendName: string): void {
  registerBatchNormKernels(backendName);
  registerGroupedConvKernels(backendName);
}
