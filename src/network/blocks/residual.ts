// Basic and bottleneck blocks, and their pre-activation forms.

import { isPreactivation } from "../../config/experiment-spec.js";
import type { GraphBuilder } from "../graph-builder.js";
import { type Block, type BlockParts, branchEnd, gateAt, stridesOf } from "./block.js";
import { innerConv } from "./inner-conv.js";

/**
 * Residual block (He et al. 2015): (conv, BN, ReLU) without the last ReLU, addition of the shortcut, ReLU.
 * Pre-activation (He et al. 2016): (BN, ReLU, conv), addition; a projection shares the first BN and ReLU.
 */
export const residualBlock: Block = (builder, input, block) => {
  const { stage, name, path } = block;
  const { activation } = stage;
  const preactivation = isPreactivation(stage);
  const gated = gateAt(builder, input, block);
  const strides = stridesOf(block);
  const stride = strides.reduce((a, b) => a * b, 1);
  const last = stage.filters.length - 1;
  const inner = stage.kernels.findIndex((kernel) => kernel > 1);
  let x = gated(input, "pre");
  let activated = x;
  stage.filters.forEach((filters, index) => {
    const kernel = stage.kernels[index] as number;
    const conv = { filters, kernel, stride: strides[index] as number, groups: kernel > 1 ? stage.groups : 1 };
    const convName = `${name}.conv${index + 1}`;
    if (preactivation) {
      x = builder.normActivate(x, `${name}.pre${index + 1}`, path, activation);
      if (index === 0) activated = x;
    }
    if (index === last && stage.dropout > 0)
      x = builder.add("dropout", `${name}.dropout`, [x], path, { rate: stage.dropout });
    const special =
      index === inner ? innerConv(builder, { input: x, name: convName, path }, { conv, block }) : null;
    x = special ?? builder.conv(x, convName, path, conv);
    if (!preactivation && special === null) {
      const norm = index === last ? "lastNorm" : "norm";
      x = builder[norm](x, convName, path);
      if (index < last) x = builder.activate({ input: x, name, path }, activation, index + 1);
    }
    if (index === inner) x = gated(x, "inner");
  });
  x = branchEnd(builder, gated(x, "standard"), block);
  const shortcut = gated(shortcutOf(builder, { input, activated, stride, block }), "identity");
  const sum = builder.add("add", `${name}.add`, [x, shortcut], path, {});
  return gated(preactivation ? sum : builder.activate({ input: sum, name, path }, activation), "post");
};

interface ShortcutParts {
  readonly input: string;
  /** In a pre-activation block, the input after the first BatchNorm and ReLU; otherwise the input. */
  readonly activated: string;
  readonly stride: number;
  readonly block: BlockParts;
}

/**
 * The identity if the block keeps the shape; otherwise a projection or zero padding (He et al. 2015, options B and A), or a
 * projection after an average pool that applies the stride (ResNet-D: He, Zhang et al. 2018, figure 2).
 */
function shortcutOf(builder: GraphBuilder, { input, activated, stride, block }: ShortcutParts): string {
  const { stage, name, path } = block;
  const { channels } = builder.shape(input);
  const filters = stage.filters.at(-1) as number;
  if (stride === 1 && filters === channels) return input;
  if (stage.shortcut === "zero-pad") {
    const small =
      stride === 1 ? input : builder.add("subsample", `${name}.subsample`, [input], path, { stride });
    return filters === channels
      ? small
      : builder.add("pad-channels", `${name}.pad`, [small], path, { channels: filters });
  }
  const from = isPreactivation(stage) ? activated : input;
  const pools = stage.shortcut === "avg-projection" && stride > 1;
  const pool = { kernel: stride, stride, padding: "same" as const };
  const start = pools ? builder.add("avg-pool", `${name}.shortcut.pool`, [from], path, pool) : from;
  const conv = { filters, kernel: stage.projection, stride: pools ? 1 : stride };
  return isPreactivation(stage)
    ? builder.conv(start, `${name}.shortcut`, path, conv)
    : builder.convNorm(start, `${name}.shortcut`, path, conv);
}
