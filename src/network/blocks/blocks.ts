// The table of blocks.

import type { BlockStageSpec } from "../../config/experiment-spec.js";
import type { Block } from "./block.js";
import { convNext } from "./convnext.js";
import { invertedBottleneck } from "./inverted-bottleneck.js";
import { residualBlock } from "./residual.js";

export const BLOCKS: { readonly [Kind in BlockStageSpec["block"]]: Block } = {
  basic: residualBlock,
  bottleneck: residualBlock,
  "preact-basic": residualBlock,
  "preact-bottleneck": residualBlock,
  "inverted-bottleneck": invertedBottleneck,
  convnext: convNext,
};
