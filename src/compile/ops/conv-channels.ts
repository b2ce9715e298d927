// What kind of convolution it is: how its channels are divided, and whether the blocked kernels can compute it.

import type { ConvAttributes, ConvInfo } from "../graph/kernels.js";

/** Whether a convolution looks at one pixel at a time, and has no padding that would shift it. */
export function isPointwise({ filterHeight, filterWidth, padInfo: pad }: ConvInfo): boolean {
  return filterHeight * filterWidth === 1 && pad.top + pad.left + pad.bottom + pad.right === 0;
}

/** How a convolution's channels are divided; `from` and `to` are those of one group. */
export interface ConvChannels {
  readonly groups: number;
  readonly from: number;
  readonly to: number;
}

/** A convolution's sizes, and how its channels are divided. */
export interface ConvParts {
  readonly info: ConvInfo;
  readonly channels: ConvChannels;
}

export function channelsOf({ info, groups }: ConvAttributes): ConvChannels {
  const { inChannels, outChannels } = info;
  return { groups, from: inChannels / groups, to: outChannels / groups };
}

export function isDepthwise({ groups, from, to }: ConvChannels): boolean {
  return groups > 1 && from === 1 && to === 1;
}

/** Whether a convolution can read and write blocks: whole ones, or one filter a channel. */
export function isBlockable(channels: ConvChannels, block: number | null): boolean {
  const { groups, from, to } = channels;
  if (block === null) return false;
  return isDepthwise(channels) ? groups % block === 0 : from % block === 0 && to % block === 0;
}

/** Whether it can read an image of few channels as it is, and write blocks. */
export function isBlockableStem({ groups, from, to }: ConvChannels, block: number | null): boolean {
  return block !== null && groups === 1 && from < block && to % block === 0;
}

/** Whether it neither skips pixels nor spreads its taps. */
export function isDense(info: ConvInfo): boolean {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  return [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1);
}
