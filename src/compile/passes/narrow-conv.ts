// A convolution of very few channels, such as the one from two maps to one of CBAM -> one whose channels are the pixels of a row and their
// channels. It makes more multiply-adds, most of them with 0, but at a rate that kernels for many channels reach.
//
// Its filter is banded: each output column has the filter's row at its own place, and zeros elsewhere (a Toeplitz matrix). Rows of a matrix
// that are one number longer than its columns, written one after another, are such a matrix: each begins one number later than the one before.

import type { NodeOf, TracedGraph, TracedNode } from "../graph/graph.js";
import type { ConvInfo, Value } from "../graph/kernels.js";
import { isDense } from "../ops/conv-channels.js";
import { type NodeMaker, nodeMaker } from "./new-nodes.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";

export const NARROW_CONV: GraphPass = {
  name: "narrow-conv",
  purpose: "turns convolutions of very few channels into ones whose channels are rows of pixels",
  needs: "needsManyChannels",
  run: widen,
};

/** Pairs of an input and an output channel. */
const FEW_CHANNELS = 4;
/** How many times as many multiply-adds may be made; the kernels for many channels are 10 to 30 times as fast. */
const MOST_GROWTH = 8;

type Convolution = NodeOf<"Conv2D"> | NodeOf<"Conv2DBackpropInput"> | NodeOf<"Conv2DBackpropFilter">;

function isNarrow(node: TracedNode): node is Convolution {
  if (!("groups" in node.attributes)) return false;
  const { groups, info } = node.attributes;
  const isFew = groups === 1 && info.inChannels * info.outChannels <= FEW_CHANNELS;
  const hasRows = info.filterWidth > 1 && info.outWidth > 1 && info.outHeight > 1;
  return isDense(info) && isFew && hasRows && info.inWidth <= MOST_GROWTH * info.filterWidth;
}

function widen(graph: TracedGraph): TracedGraph {
  const newValue = newValues(graph);
  const bands = new Map<string, Value>();
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    if (!isNarrow(node)) return [node];
    const { info } = node.attributes;
    const wide = rowsOf(info);
    const attributes = { groups: 1, info: wide };
    const added: TracedNode[] = [];
    const make = nodeMaker(added, newValue, node.layer);
    const asRows = (image: Value) => make.reshape(image, rowShape(image.shape));
    const banded = (filter: Value) => {
      // A filter may be used on images of several widths.
      const key = [filter.id, info.inWidth, info.outWidth, info.padInfo.left].join();
      const band = bands.get(key) ?? bandOf(make, filter, info);
      bands.set(key, band);
      return band;
    };
    const [output] = node.outputs;
    if (node.kernel === "Conv2DBackpropFilter") {
      const [x, dy] = node.inputs;
      const gradient = newValue([1, wide.filterWidth, wide.inChannels, wide.outChannels]);
      added.push({ ...node, inputs: [asRows(x), asRows(dy)], attributes, outputs: [gradient] });
      unbanded(make, gradient, info, output);
    } else {
      const [image, filter] = node.inputs;
      const rows = newValue(rowShape(output.shape));
      added.push({ ...node, inputs: [asRows(image), banded(filter)], attributes, outputs: [rows] });
      make.reshape(rows, output.shape, output);
    }
    return added;
  });
  return { ...graph, nodes };
}

/**
 * [batch, height, width, channels] -> [batch, 1, height, width channels]. The rows are next to each other, because kernels compute several
 * neighbours at a time.
 */
function rowShape([batch = 1, height = 1, width = 1, channels = 1]: readonly number[]): number[] {
  return [batch, 1, height, width * channels];
}

function rowsOf(info: ConvInfo): ConvInfo {
  return {
    ...info,
    inChannels: info.inWidth * info.inChannels,
    outChannels: info.outWidth * info.outChannels,
    ...{ inHeight: 1, outHeight: 1, filterHeight: 1, effectiveFilterHeight: 1 },
    ...{ inWidth: info.inHeight, outWidth: info.outHeight, filterWidth: info.filterHeight },
    ...{ effectiveFilterWidth: info.effectiveFilterHeight },
    padInfo: { ...info.padInfo, top: 0, bottom: 0, left: info.padInfo.top, right: info.padInfo.bottom },
    inShape: rowShape(info.inShape) as ConvInfo["inShape"],
    outShape: rowShape(info.outShape) as ConvInfo["outShape"],
  };
}

/** The sizes of a filter, and the width of a row with its padding. */
function sizesOf({
  filterHeight,
  filterWidth,
  inChannels,
  outChannels,
  inWidth,
  outWidth,
  padInfo,
}: ConvInfo) {
  const lines = filterHeight * inChannels * outChannels;
  const padded = outWidth + filterWidth - 1;
  const [before, after] = [padInfo.left, padded - inWidth - padInfo.left];
  const sizes = { height: filterHeight, width: filterWidth, from: inChannels, to: outChannels };
  return { ...sizes, lines, padded, inWidth, outWidth, before, after };
}

/** A filter [height, width, from, to] -> [1, height, inWidth from, outWidth to]. */
function bandOf(make: NodeMaker, filter: Value, info: ConvInfo): Value {
  const { height, width, from, to, lines, padded, inWidth, outWidth, before } = sizesOf(info);
  const rows = make.reshape(make.transpose(filter, [0, 2, 3, 1]), [lines, 1, width]);
  const repeated = make.tile(make.pad(rows, 0, padded + 1 - width), [1, outWidth, 1]);
  const line = make.reshape(repeated, [lines, outWidth * (padded + 1)]);
  const band = make.reshape(make.slice(line, 0, outWidth * padded), [lines, outWidth, padded]);
  const seen = make.reshape(make.slice(band, before, inWidth), [height, from, to, outWidth, inWidth]);
  return make.reshape(make.transpose(seen, [0, 4, 1, 3, 2]), [1, height, inWidth * from, outWidth * to]);
}

/** The inverse for gradients: the sum over all places where a number of the filter is. */
function unbanded(make: NodeMaker, gradient: Value, info: ConvInfo, output: Value): void {
  const { height, width, from, to, lines, padded, inWidth, outWidth, before, after } = sizesOf(info);
  const split = make.reshape(gradient, [height, inWidth, from, outWidth, to]);
  const rows = make.reshape(make.transpose(split, [0, 2, 4, 3, 1]), [lines, outWidth, inWidth]);
  const line = make.reshape(make.pad(rows, before, after), [lines, outWidth * padded]);
  const lined = make.reshape(make.pad(line, 0, outWidth), [lines, outWidth, padded + 1]);
  const sums = make.reshape(make.slice(make.sum(lined, 1), 0, width), [height, from, to, width]);
  make.transpose(sums, [0, 3, 1, 2], output);
}
