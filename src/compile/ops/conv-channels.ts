// Properties of convolutions: how the channels are divided into groups, and whether the blocked kernels can be used.

import type { ConvAttributes, ConvInfo } from "../graph/kernels.js";

/** Whether a convolution has a 1x1 kernel and no padding. */
export function isPointwise({ filterHeight, filterWidth, padInfo: pad }: ConvInfo): boolean {
  return filterHeight * filterWidth === 1 && pad.top + pad.left + pad.bottom + pad.right === 0;
}

/** The groups of a convolution. `from` and `to` are the input and output channels of one group. */
export interface ConvChannels {
  readonly groups: number;
  readonly from: number;
  readonly to: number;
}

/** The sizes and the groups of a convolution. */
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

/** Whether input and output can be blocked: with whole blocks per group, or depthwise with one filter per channel. */
export function isBlockable(channels: ConvChannels, block: number | null): boolean {
  const { groups, from, to } = channels;
  if (block === null) return false;
  return isDepthwise(channels) ? groups % block === 0 : from % block === 0 && to % block === 0;
}

/** Whether a convolution can read an nchw image with few channels and write blocks. */
export function isBlockableStem({ groups, from, to }: ConvChannels, block: number | null): boolean {
  return block !== null && groups === 1 && from < block && to % block === 0;
}

/** Whether a convolution has neither stride nor dilation. */
export function isDense(info: ConvInfo): boolean {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  return [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1);
}
