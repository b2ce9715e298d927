// The table of kernels: what is recorded, laid out and lowered, and how. A kernel of the vocabulary without a row does not compile.

import { BATCH_NORM } from "./batch-norm.js";
import { CONV } from "./conv.js";
import { ELEMENTWISE } from "./elementwise.js";
import type { Ops } from "./op.js";
import { POOL } from "./pool.js";
import { REDUCTION } from "./reduction.js";
import { STRUCTURE } from "./structure.js";

export const OPS: Ops = {
  ...ELEMENTWISE,
  ...STRUCTURE,
  ...REDUCTION,
  ...CONV,
  ...BATCH_NORM,
  ...POOL,
};
