// What the builders of all kinds of blocks have in common.

import {
  type BlockStageSpec,
  type GateSpec,
  type NetworkSpec,
  replacesConv,
} from "../../config/experiment-spec.js";
import type { Path } from "../../diagnostic.js";
import { attend } from "../attention/attention.js";
import type { GraphBuilder } from "../graph-builder.js";

export interface BlockParts {
  readonly stage: BlockStageSpec;
  /** Whether it is the first block of its stage, which applies the strides. */
  readonly first: boolean;
  /** The rate at which its residual branch is left out. */
  readonly dropPath: number;
  readonly layerScale: NetworkSpec["layerScale"];
  readonly name: string;
  readonly path: Path;
}

/** Adds the nodes of a block after `input` and returns the name of the last one. */
export type Block = (builder: GraphBuilder, input: string, block: BlockParts) => string;

export function stridesOf({ stage, first }: BlockParts): readonly number[] {
  return first ? stage.strides : stage.strides.map(() => 1);
}

/** Adds the gate of the block after a node if it is placed there. `placement`: Hu et al., figure 5. */
export type GateAt = (x: string, placement: GateSpec["placement"]) => string;

/** `input`: where the block starts. */
export function gateAt(builder: GraphBuilder, input: string, { stage, name, path }: BlockParts): GateAt {
  const { attention } = stage;
  // Gates of different types have weights with different names; all variants of `se` share the same names.
  return (x, placement) =>
    attention !== "off" && !replacesConv(attention) && attention.placement === placement
      ? attend(
          builder,
          { input: x, name: `${name}.${attention.type}`, path, block: input, activation: stage.activation },
          attention,
        )
      : x;
}

/** The end of a residual branch: scaled by channel (Touvron et al. 2021), and left out at random (Huang et al. 2016). */
export function branchEnd(builder: GraphBuilder, x: string, block: BlockParts): string {
  const { dropPath, layerScale, name, path } = block;
  const scaled =
    layerScale === "off"
      ? x
      : builder.add("layer-scale", `${name}.layer-scale`, [x], path, { initial: layerScale });
  return dropPath > 0
    ? builder.add("drop-path", `${name}.drop-path`, [scaled], path, { rate: dropPath })
    : scaled;
}
