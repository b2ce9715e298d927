// The first convolution larger than 1x1 of a residual block where it is more than a convolution: a gate over branches, or Res2Net's parts.

import { replacesConv } from "../../config/experiment-spec.js";
import { attendBranches } from "../attention/attention.js";
import type { ConvSpec, GraphBuilder, Insertion } from "../graph-builder.js";
import type { BlockParts } from "./block.js";

/** The last node of the convolution, its normalisation and its activation; null if it is an ordinary one. */
export function innerConv(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { conv, block }: { readonly conv: Required<Omit<ConvSpec, "dilation">>; readonly block: BlockParts },
): string | null {
  const { stage } = block;
  const { attention, activation, scale } = stage;
  if (attention !== "off" && replacesConv(attention)) {
    const replaced = { ...conv, activation };
    return attendBranches(
      builder,
      { input, name: `${block.name}.${attention.type}`, path },
      { conv: replaced, spec: attention },
    );
  }
  return scale > 1 ? parts(builder, { input, name, path }, { conv, block }) : null;
}

/**
 * Res2Net (Gao et al. 2019): the channels in `scale` parts. All but the last one are convolved, each after adding the result of the one
 * before it, except in the first block of a stage, where the last part is pooled instead of being passed on as it is (the authors' code).
 * Parameters: scale - 1 convolutions of C / scale channels, each with BatchNorm.
 */
function parts(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  {
    conv,
    block: { stage, first },
  }: { readonly conv: Required<Omit<ConvSpec, "dilation">>; readonly block: BlockParts },
): string {
  const { scale, activation } = stage;
  const [read, count] = [builder.shape(input).channels / scale, conv.filters / scale];
  const pieces = Array.from({ length: scale }, (_, index) =>
    builder.add("channels", `${name}.part${index + 1}`, [input], path, { start: index * read, count: read }),
  );
  const last = pieces.pop() as string;
  let before: string | null = null;
  const convolved = pieces.map((piece, index) => {
    const own = `${name}.${index + 1}`;
    const sum: string =
      before === null || first ? piece : builder.add("add", `${own}.add`, [before, piece], path, {});
    before = builder.normActivate(
      builder.conv(sum, own, path, { ...conv, filters: count }),
      own,
      path,
      activation,
    );
    return before;
  });
  const pool = { kernel: conv.kernel, stride: conv.stride };
  const rest = first ? builder.add("padded-avg-pool", `${name}.pool`, [last], path, pool) : last;
  return builder.add("concat", `${name}.concat`, [...convolved, rest], path, {});
}
