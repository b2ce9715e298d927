// The passes in the order in which they run. A test checks that ARCHITECTURE.md lists the same.

import { DROP_UNUSED } from "./drop-unused.js";
import { EXPAND_VIEWS } from "./expand-views.js";
import { FILTER_FACTOR } from "./filter-factor.js";
import { FOLD_BATCH_NORM } from "./fold-batch-norm.js";
import { FUSE } from "./fuse.js";
import { GATED_BATCH_NORM } from "./gated-batch-norm.js";
import { GATED_GRADIENT } from "./gated-gradient.js";
import { HARD_SIGMOID } from "./hard-sigmoid.js";
import { JOIN_RESHAPES } from "./join-reshapes.js";
import { JOIN_UPDATES } from "./join-updates.js";
import { MAX_MASK } from "./max-mask.js";
import { MIXED } from "./mixed.js";
import { NARROW_CONV } from "./narrow-conv.js";
import { ORDER } from "./order.js";
import type { GraphPass, NodePass } from "./pass.js";
import { PIXEL_DOT } from "./pixel-dot.js";
import { RELU_GRADIENT } from "./relu-gradient.js";
import { SCALED_SUM } from "./scaled-sum.js";
import { SHARE } from "./share.js";

/** For all targets. Unused nodes are removed before others count who uses a value. */
const SIMPLIFYING = [...[RELU_GRADIENT, HARD_SIGMOID, PIXEL_DOT, SCALED_SUM, FOLD_BATCH_NORM], DROP_UNUSED];

/** Passes over the traced graph, before layouts are assigned and kernels are lowered to ONNX. */
export const GRAPH_PASSES: readonly GraphPass[] = [
  ...SIMPLIFYING,
  ...[MAX_MASK, NARROW_CONV, GATED_BATCH_NORM, GATED_GRADIENT, FILTER_FACTOR, JOIN_UPDATES],
  ...[DROP_UNUSED, MIXED],
];

/** The same for TensorFlow, which has ops for all that BatchNorm does, and no hard sigmoid. */
export const TENSORFLOW_PASSES: readonly GraphPass[] = [...SIMPLIFYING, MIXED];

/** Passes over the ONNX graph, after lowering. */
export const NODE_PASSES: readonly NodePass[] = [FUSE, EXPAND_VIEWS, JOIN_RESHAPES, SHARE, ORDER];
