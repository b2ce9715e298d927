// The passes in the order in which they run. A test checks that ARCHITECTURE.md lists the same.

import { DROP_UNUSED } from "./drop-unused.js";
import { EXPAND_VIEWS } from "./expand-views.js";
import { FOLD_BATCH_NORM } from "./fold-batch-norm.js";
import { FUSE } from "./fuse.js";
import { HARD_SIGMOID } from "./hard-sigmoid.js";
import { MIXED } from "./mixed.js";
import { ORDER } from "./order.js";
import type { GraphPass, NodePass } from "./pass.js";
import { PIXEL_DOT } from "./pixel-dot.js";
import { RELU_GRADIENT } from "./relu-gradient.js";
import { SCALED_SUM } from "./scaled-sum.js";
import { SHARE } from "./share.js";

/** Passes over the traced graph, before layouts are assigned and kernels are lowered. */
export const GRAPH_PASSES: readonly GraphPass[] = [
  ...[RELU_GRADIENT, HARD_SIGMOID, PIXEL_DOT, SCALED_SUM, FOLD_BATCH_NORM],
  ...[DROP_UNUSED, MIXED],
];

/** Passes over the ONNX graph, after lowering. */
export const NODE_PASSES: readonly NodePass[] = [FUSE, EXPAND_VIEWS, SHARE, ORDER];
