// The table of kernels: how each is recorded, laid out and lowered. A missing kernel is a type error.

import { BATCH_NORM } from "./batch-norm.js";
import { CHANNEL_AFFINE } from "./channel-affine.js";
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
  ...CHANNEL_AFFINE,
  ...POOL,
};
