import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { sizeOfShape } from "../../src/compile/graph/graph.js";
import { batchNormTrain } from "../../src/model/batch-norm-kernels.js";
import { groupedConv2d } from "../../src/model/grouped-conv-kernels.js";
import {
  assertSameOutcome,
  COMPARED,
  ENGINES,
  randomArray,
  runOn,
  type Subject,
} from "../engine/both-engines.js";

type Tensors = tf.Tensor[];
/** `shapes`: those of the inputs, such as "8x4x4x16 3x3x16x8". `name` also seeds the numbers. */
type Case = [name: string, shapes: string, compute: (...inputs: Tensors) => tf.Tensor];

const conv =
  (stride: number, pad: "same" | "valid" | number, dilation = 1) =>
  (x?: tf.Tensor, w?: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, "NHWC", dilation);
const grouped = (groups: number, strides: number, pad: "same" | "valid") => (x?: tf.Tensor, w?: tf.Tensor) =>
  groupedConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { groups, strides, pad });
const depthwise = (stride: number, pad: "same" | "valid") => (x?: tf.Tensor, w?: tf.Tensor) =>
  tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
const channelNorm = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => batchNormTrain(x, g, b, 1e-3)[0];
/** SE without its layers: a gate that is computed from the means of what it scales. */
const gatedByMeans = (y: tf.Tensor) => tf.mul(y, tf.sigmoid(tf.mean(y, [1, 2], true)));
const far = (x: tf.Tensor) => tf.add(tf.mul(x, 0.1), 30);

const CASES: Case[] = [
  ["3x3 same", "8x6x5x16 3x3x16x8", conv(1, "same")],
  ["3x3 valid", "8x6x5x8 3x3x8x16", conv(1, "valid")],
  ["3x3 padded by 2", "8x4x4x8 3x3x8x16", conv(1, 2)],
  ["3x3 odd batch", "3x7x5x16 3x3x16x8", conv(1, "same")],
  ["3x3 odd channels", "8x6x5x5 3x3x5x7", conv(1, "same")],
  ["3x3 from one channel", "8x7x7x1 3x3x1x16", conv(1, "same")],
  ["3x3 from three channels", "8x7x6x3 3x3x3x8", conv(1, "same")],
  ["3x3 stride 2, even", "8x8x8x16 3x3x16x8", conv(2, "same")],
  ["3x3 stride 2, odd", "8x9x7x16 3x3x16x8", conv(2, "same")],
  ["3x3 stride 2, large, odd", "16x13x11x8 3x3x8x8", conv(2, "same")],
  ["3x3 stride 2, valid with a rest", "8x12x12x8 3x3x8x8", conv(2, "valid")],
  ["3x3 stride 3", "8x17x16x8 3x3x8x8", conv(3, "same")],
  ["3x3 on 2x2", "8x2x2x16 3x3x16x16", conv(1, "same")],
  ["3x3 on 1x1", "8x1x1x16 3x3x16x16", conv(1, "same")],
  ["5x5", "8x6x6x8 5x5x8x8", conv(1, "same")],
  ["narrow: 7x7 from two channels to one", "16x9x8x2 7x7x2x1", conv(1, "same")],
  ["narrow: 3x5 from one channel to two, odd sizes", "3x7x11x1 3x5x1x2", conv(1, "same")],
  ["narrow: 4x4, which pads more at the end", "4x6x8x2 4x4x2x2", conv(1, "same")],
  ["narrow: 3x3 valid, from one channel to one", "4x6x5x1 3x3x1x1", conv(1, "valid")],
  ["narrow: 3x3 padded by 2", "4x4x6x1 3x3x1x4", conv(1, 2)],
  [
    "narrow: the same filter on two widths",
    "4x6x8x2 3x3x2x2",
    (x, w) => conv(1, "valid")(conv(1, "valid")(x, w), w),
  ],
  ["narrow: twice the same filter", "4x6x8x2 3x3x2x2", (x, w) => conv(1, "same")(conv(1, "same")(x, w), w)],
  ["7x7 stride 2", "8x14x14x1 7x7x1x16", conv(2, "same")],
  ["2x2 stride 2", "8x6x6x8 2x2x8x8", conv(2, "same")],
  ["1x3", "8x5x6x8 1x3x8x8", conv(1, "same")],
  ["1x1 widening", "8x4x4x8 1x1x8x32", conv(1, "same")],
  ["1x1 narrowing", "8x4x3x32 1x1x32x8", conv(1, "same")],
  ["1x1 odd channels", "2x4x3x6 1x1x6x10", conv(1, "same")],
  ["1x1 odd batch and pixels", "3x3x3x16 1x1x16x8", conv(1, "same")],
  ["1x1 stride 2", "8x7x6x16 1x1x16x32", conv(2, "same")],
  ["1x1 stride 2 narrowing", "8x8x8x32 1x1x32x16", conv(2, "same")],
  ["1x1 on 1x1", "8x1x1x16 1x1x16x8", conv(1, "same")],
  // As matrix products.
  ["1x1 on 2x2", "3x2x2x16 1x1x16x8", conv(1, "same")],
  ["1x1 stride 2 on 2x2", "8x2x2x16 1x1x16x8", conv(2, "same")],
  ["3x3 valid on 3x3", "8x3x3x8 3x3x8x16", conv(1, "valid")],
  ["3x3 stride 2 on 2x2", "8x2x2x8 3x3x8x16", conv(2, "same")],
  ["3x3 stride 4 on 4x3, of which a part is seen", "8x4x3x8 3x3x8x16", conv(4, "valid")],
  ["5x5 on 2x2", "8x2x2x8 5x5x8x16", conv(1, "same")],
  ["5x3 on 2x1", "8x2x1x8 5x3x8x16", conv(1, "same")],
  ["5x5 stride 2 on 3x3", "8x3x3x8 5x5x8x16", conv(2, "same")],
  [
    "batch norm, relu and squeeze between products",
    "16x2x2x32 1x1x32x32 32 32 3x3x32x32",
    (x, w, g, b, v) => {
      const y = tf.relu(channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor));
      return conv(1, "same")(gatedByMeans(y), v);
    },
  ],
  [
    "products after and before blocked convolutions",
    "16x4x4x32 2x2x32x32 1x1x32x64 3x3x64x1",
    (x, w, v, d) => depthwise(1, "same")(conv(1, "same")(conv(2, "same")(x, w), v), d),
  ],
  [
    "conv, bias, relu",
    "8x4x4x8 3x3x8x8 8",
    (x, w, b) => tf.relu(tf.add(conv(1, "same")(x, w as tf.Tensor), b as tf.Tensor)),
  ],
  ["batch norm", "8x4x4x5 5 5", channelNorm as Case[2]],
  ...[
    ["small plain", "8x4x3x5 5 5"],
    ["large plain", "2x16x15x5 5 5"],
    ["blocked", "16x4x3x32 32 32"],
    ["on rows of one pixel", "4x1x5x16 16 16"],
  ].map(
    ([name, shapes]): Case => [
      `batch norm and a gate, ${name}`,
      shapes as string,
      (x, g, b) => {
        const [images, gamma, beta] = [x, g, b] as [tf.Tensor, tf.Tensor, tf.Tensor];
        const filter = tf.ones([1, 1, images.shape[3] as number, images.shape[3] as number]) as tf.Tensor4D;
        const mixed = tf.add(conv(1, "same")(tf.mul(images, 0.1), filter), images);
        return tf.relu(tf.add(gatedByMeans(channelNorm(mixed, gamma, beta)), images));
      },
    ],
  ),
  // Filters are small compared with the images, so they take over a factor of the gradient.
  ...[
    ["blocked", "16x9x8x16 3x3x16x32 32 32", conv(1, "same")],
    ["blocked, stride 2", "16x13x12x16 3x3x16x16 16 16", conv(2, "same")],
    ["plain", "8x9x7x5 3x3x5x7 7 7", conv(1, "same")],
    ["grouped", "16x7x7x32 3x3x16x32 32 32", grouped(2, 1, "same")],
    ["depthwise", "16x5x5x16 3x3x16x1 16 16", depthwise(1, "same")],
  ].map(
    ([name, shapes, convolve]): Case => [
      `batch norm after a small filter, ${name}`,
      shapes as string,
      (x, w, g, b) =>
        tf.relu(
          channelNorm((convolve as Case[2])(x as tf.Tensor, w as tf.Tensor), g as tf.Tensor, b as tf.Tensor),
        ),
    ],
  ),
  [
    "batch norm and a gate in front of which nothing is a convolution",
    "8x4x4x5 5 5",
    (x, g, b) => gatedByMeans(channelNorm(x as tf.Tensor, g as tf.Tensor, b as tf.Tensor)),
  ],
  [
    "batch norm and a gate of means and extremes",
    "16x4x4x16 3x3x16x16 16 16",
    (x, w, g, b) => {
      const y = channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor);
      const extremes = tf.add(tf.mean(y, [1, 2], true), tf.max(y, [1, 2], true));
      return tf.mul(y, tf.sigmoid(extremes));
    },
  ],
  [
    "batch norm and two gates",
    "16x4x4x16 3x3x16x16 16 16 16x1x1x16",
    (x, w, g, b, s) => {
      const y = channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor);
      return tf.add(gatedByMeans(y), tf.mul(s as tf.Tensor, y));
    },
  ],
  [
    "batch norm, a gate, and a shortcut from before the gate",
    "16x4x4x16 3x3x16x16 16 16",
    (x, w, g, b) => {
      const y = channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor);
      return tf.add(gatedByMeans(y), y);
    },
  ],
  [
    "conv, batch norm and a small gate of a wide filter",
    "16x2x2x16 3x3x16x64 64 64",
    (x, w, g, b) => gatedByMeans(channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor)),
  ],
  [
    "batch norm of vectors far from 0",
    "8x1x1x5 5 5",
    (x, g, b) => channelNorm(far(x as tf.Tensor), g as tf.Tensor, b as tf.Tensor),
  ],
  [
    "conv, batch norm of vectors far from 0",
    "8x1x1x16 1x1x16x16 16 16",
    (x, w, g, b) => channelNorm(far(conv(1, "same")(x, w)), g as tf.Tensor, b as tf.Tensor),
  ],
  [
    "conv, batch norm, relu",
    "8x4x4x8 3x3x8x8 8 8",
    (x, w, g, b) =>
      tf.relu(channelNorm(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), g as tf.Tensor, b as tf.Tensor)),
  ],
  [
    "residual",
    "8x4x4x8 3x3x8x8",
    (x, w) => tf.relu(tf.add(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), x as tf.Tensor)),
  ],
  [
    "sum of a convolution with itself",
    "8x4x4x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x as tf.Tensor, w as tf.Tensor);
      return tf.relu(tf.add(y, y));
    },
  ],
  [
    "convolution used twice",
    "8x4x4x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x as tf.Tensor, w as tf.Tensor);
      return tf.add(tf.relu(y), tf.sigmoid(y));
    },
  ],
  [
    "scaled by image and channel",
    "8x4x4x8 3x3x8x8 8x1x1x8",
    (x, w, s) => tf.relu(tf.mul(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), s as tf.Tensor)),
  ],
  [
    "scaled by pixel",
    "8x4x4x8 3x3x8x8 8x4x4x1",
    (x, w, s) => tf.mul(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), s as tf.Tensor),
  ],
  [
    "divided and subtracted by channel",
    "8x4x4x8 3x3x8x8 8",
    (x, w, s) =>
      tf.sub(
        tf.div(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), tf.add(tf.square(s as tf.Tensor), 1)),
        s as tf.Tensor,
      ),
  ],
  [
    "number minus convolution",
    "8x4x4x8 3x3x8x8",
    (x, w) => tf.sub(2, conv(1, "same")(x as tf.Tensor, w as tf.Tensor)),
  ],
  [
    "squeeze of a convolution",
    "8x4x4x8 3x3x8x8",
    (x, w) => tf.sigmoid(tf.mean(conv(1, "same")(x as tf.Tensor, w as tf.Tensor), [1, 2])),
  ],
  [
    "sums over axes of a convolution",
    "8x4x4x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x as tf.Tensor, w as tf.Tensor);
      return tf.add(tf.sum(y, 3, true), tf.mul(tf.mean(y, 1, true), tf.sum(y, 2, true)));
    },
  ],
  ["max pool 3/2", "4x7x6x8", (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "same")],
  ["max pool 2/2", "4x7x6x5", (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid")],
  [
    "max pool of a convolution",
    "4x8x8x8 3x3x8x8",
    (x, w) => tf.maxPool(conv(1, "same")(x as tf.Tensor, w as tf.Tensor) as tf.Tensor4D, 3, 2, "same"),
  ],
  ["average pool 3/2", "4x7x6x8", (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, "valid")],
  [
    "average pool 3/1 of a convolution",
    "4x7x6x8 3x3x8x8",
    (x, w) => tf.avgPool(conv(1, "same")(x as tf.Tensor, w as tf.Tensor) as tf.Tensor4D, 3, 1, "valid"),
  ],
  ["every second pixel", "4x7x6x8", (x) => tf.avgPool(x as tf.Tensor4D, 1, 2, "same")],
  ["matrix product", "6x5 5x7", (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor)],
  [
    "element-wise",
    "4x5 5",
    (a, b) =>
      tf.tanh(
        tf.mul(tf.exp(tf.sub(a as tf.Tensor, b as tf.Tensor)), tf.sqrt(tf.add(tf.abs(b as tf.Tensor), 1))),
      ),
  ],
  [
    "pad and transpose",
    "2x3x4x5",
    (x) =>
      tf.transpose(
        tf.pad(tf.transpose(x as tf.Tensor, [0, 3, 1, 2]), [
          [0, 0],
          [1, 2],
          [0, 0],
          [0, 0],
        ]),
        [0, 2, 3, 1],
      ),
  ],
  ["log of softmax", "6x10", (x) => tf.logSoftmax(x as tf.Tensor)],
  ["tile", "4x1x3", (x) => tf.square(tf.tile(x as tf.Tensor, [2, 5, 1]))],
  ["3x3 grouped", "8x6x5x16 3x3x4x24", grouped(4, 1, "same")],
  ["3x3 grouped, whole blocks", "8x6x5x32 3x3x16x32", grouped(2, 1, "same")],
  ["3x3 grouped, stride 2", "8x7x6x32 3x3x8x32", grouped(4, 2, "same")],
  ["3x3 grouped, odd", "3x7x5x6 3x3x2x9", grouped(3, 1, "same")],
  ["1x1 grouped", "8x4x4x24 1x1x8x24", grouped(3, 1, "same")],
  ["depthwise", "8x6x5x16 3x3x16x1", depthwise(1, "same")],
  ["depthwise, stride 2", "8x7x8x16 3x3x16x1", depthwise(2, "same")],
  ["depthwise, valid with a rest", "4x8x8x8 3x3x8x1", depthwise(2, "valid")],
  ["depthwise, odd", "3x7x5x5 3x3x5x1", depthwise(1, "same")],
  ["depthwise, two filters a channel", "2x5x5x4 3x3x4x2", depthwise(1, "same")],
  ["depthwise over whole maps", "8x4x4x8 4x4x8x1", depthwise(1, "valid")],
  [
    "depthwise between convolutions",
    "8x6x6x8 3x3x8x8 3x3x8x1 1x1x8x16",
    (x, w, d, p) => conv(1, "same")(tf.relu(depthwise(2, "same")(tf.relu(conv(1, "same")(x, w)), d)), p),
  ],
  [
    "max pool, explicit padding, floor",
    "4x7x6x8 3x3x8x8",
    (x, w) => tf.maxPool(conv(1, "same")(x, w) as tf.Tensor4D, 3, 2, 1, "floor"),
  ],
  ["average pool 2/2, same, odd", "4x7x5x8", (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, "same")],
  [
    "average pool 2/2 of a convolution, same, odd",
    "4x7x5x8 3x3x8x8",
    (x, w) => tf.avgPool(conv(1, "same")(x as tf.Tensor, w as tf.Tensor) as tf.Tensor4D, 2, 2, "same"),
  ],
  ["error function", "4x5x4x8", (x) => tf.erf(x)],
  ["average pool with a rest", "4x8x7x8", (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 0, "floor")],
  ["global max pool", "4x5x6x8 3x3x8x8", (x, w) => tf.max(conv(1, "same")(x, w), [1, 2])],
  ["maximum over channels", "4x5x6x8 3x3x8x8", (x, w) => tf.max(conv(1, "same")(x, w), 3, true)],
  [
    "concat of convolutions",
    "8x4x4x8 3x3x8x8 1x1x8x16",
    (x, w, v) => tf.concat([conv(1, "same")(x, w), conv(1, "same")(x, v)], 3),
  ],
  [
    "concat, odd channels",
    "8x4x4x8 3x3x8x5 1x1x8x6",
    (x, w, v) => tf.relu(tf.concat([conv(1, "same")(x, w), conv(1, "same")(x, v)], 3)),
  ],
  [
    "split of a convolution",
    "8x4x4x8 3x3x8x16",
    (x, w) => {
      const [a, b] = tf.split(conv(1, "same")(x, w), [6, 10], 3);
      return tf.add(tf.sum(a as tf.Tensor, 3), tf.max(b as tf.Tensor, 3));
    },
  ],
  [
    "slice and pad",
    "4x5x6x8",
    (x) =>
      tf.pad(tf.slice(x as tf.Tensor4D, [0, 1, 2, 3], [4, 3, 3, 4]), [
        [0, 0],
        [1, 0],
        [0, 2],
        [1, 1],
      ]),
  ],
  [
    "channel shuffle",
    "4x3x3x12",
    (x) =>
      tf.reshape(tf.transpose(tf.reshape(x as tf.Tensor, [4, 3, 3, 3, 4]), [0, 1, 2, 4, 3]), [4, 3, 3, 12]),
  ],
  [
    "counts of a convolution",
    "4x3x3x16 3x3x16x16",
    (x, w) => {
      const y = conv(1, "same")(x, w);
      const counts = (axes: number[]) => tf.sum(tf.cast(tf.step(y), "int32"), axes, true);
      return tf.add(y, tf.add(tf.cast(counts([1, 2]), "float32"), tf.cast(counts([3]), "float32")));
    },
  ],
  [
    "a sum over no axes",
    "4x3x3x8",
    (x) => tf.mul(tf.sum(x as tf.Tensor, []), tf.tile(x as tf.Tensor, [1, 1, 1, 1])),
  ],
  [
    "transposes of a convolution",
    "16x4x3x16 3x3x16x16",
    (x, w) => {
      const y = conv(1, "same")(x, w);
      const turned = (perm: number[]) => tf.transpose(tf.tanh(tf.square(tf.transpose(y, perm))), perm);
      return tf.add(turned([0, 3, 2, 1]), tf.mul(turned([0, 1, 3, 2]), turned([0, 2, 1, 3])));
    },
  ],
  [
    "batch norm of one channel",
    "16x4x3x16 3x3x16x1 1 1",
    (x, w, g, b) => channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor),
  ],
  [
    "a map that is repeated for all channels",
    "16x4x3x16 3x3x16x16 16x4x3x1 16x1x1x16",
    (x, w, m, v) => {
      const gate = tf.sigmoid(tf.mul(tf.tile(m as tf.Tensor, [1, 1, 1, 16]), v as tf.Tensor));
      return tf.mul(conv(1, "same")(x, w), gate);
    },
  ],
  [
    "conv1d along channels",
    "8x16x1 3x1x1",
    (x, w) => tf.sigmoid(tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, "same")),
  ],
  ["hard sigmoid", "8x6", (x) => tf.clipByValue(tf.add(tf.mul(x as tf.Tensor, 0.2), 0.5), 0, 1)],
  [
    "relu6, elu, leaky relu, softplus",
    "8x6",
    (x) =>
      tf.add(
        tf.add(tf.relu6(tf.mul(x as tf.Tensor, 5)), tf.elu(x as tf.Tensor)),
        tf.add(tf.leakyRelu(x as tf.Tensor, 0.1), tf.softplus(x as tf.Tensor)),
      ),
  ],
  ["relu6 of a convolution", "8x4x4x16 3x3x16x16", (x, w) => tf.relu6(conv(1, "same")(x, w))],
  ["leaky relu of a convolution", "8x4x4x16 3x3x16x16", (x, w) => tf.leakyRelu(conv(1, "same")(x, w), 0.1)],
  [
    "swish of a convolution",
    "8x4x4x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x, w);
      return tf.mul(y, tf.sigmoid(y));
    },
  ],
  ["softmax", "6x10", (x) => tf.softmax(x as tf.Tensor)],
  [
    "L2 norm of channels",
    "4x5x6x8 3x3x8x8",
    (x, w) => tf.sqrt(tf.add(tf.sum(tf.square(conv(1, "same")(x, w)), [1, 2], true), 1e-5)),
  ],
  [
    "deviation of channels",
    "4x5x6x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x, w);
      return tf.sqrt(tf.add(tf.sum(tf.square(tf.sub(y, tf.mean(y, [1, 2], true))), [1, 2]), 1e-5));
    },
  ],
  [
    "where",
    "4x6 4x6",
    (a, b) =>
      tf.where(
        tf.greater(tf.tensor(randomArray(24, "mask"), [4, 6]), 0),
        tf.mul(a as tf.Tensor, 2),
        b as tf.Tensor,
      ),
  ],
  [
    "spatial attention",
    "8x4x4x8 3x3x8x8 7x7x2x1",
    (x, w, v) => {
      const y = conv(1, "same")(x, w);
      return tf.mul(
        y,
        tf.sigmoid(conv(1, "same")(tf.concat([tf.mean(y, 3, true), tf.max(y, 3, true)], 3), v)),
      );
    },
  ],
  [
    "strips over height and width",
    "4x5x6x8 3x3x8x8",
    (x, w) => {
      const y = conv(1, "same")(x, w);
      return tf.mul(tf.mul(y, tf.sigmoid(tf.mean(y, 2, true))), tf.sigmoid(tf.mean(y, 1, true)));
    },
  ],
  [
    "wide: clipped between a plain and a blocked convolution",
    "16x4x4x20 1x1x20x32 3x3x32x1",
    (x, w, v) => depthwise(1, "same")(tf.clipByValue(conv(1, "same")(x, w), -0.5, 0.5), v),
  ],
  // Channels and batches that are multiples of both block sizes, 8 and 16.
  ["wide: 3x3", "16x6x5x32 3x3x32x32", conv(1, "same")],
  ["wide: 3x3 stride 2", "16x9x8x32 3x3x32x64", conv(2, "same")],
  ["wide: 1x1", "16x4x3x32 1x1x32x64", conv(1, "same")],
  ["wide: 1x1 narrowing", "16x4x3x64 1x1x64x32", conv(1, "same")],
  ["wide: 1x1 stride 2", "16x7x6x32 1x1x32x32", conv(2, "same")],
  ["wide: from one channel", "16x7x7x1 3x3x1x32", conv(1, "same")],
  ["wide: grouped", "16x6x5x64 3x3x32x64", grouped(2, 1, "same")],
  ["wide: depthwise stride 2", "16x7x6x32 3x3x32x1", depthwise(2, "same")],
  ["wide: depthwise stride 2, even", "16x8x8x32 3x3x32x1", depthwise(2, "same")],
  ["wide: depthwise stride 2, valid with a rest", "16x10x8x32 3x3x32x1", depthwise(2, "valid")],
  ["wide: depthwise 5x5 stride 3", "16x11x13x32 5x5x32x1", depthwise(3, "same")],
  [
    "wide: residual with bias",
    "16x4x4x32 3x3x32x32 32",
    (x, w, b) => tf.relu(tf.add(tf.add(conv(1, "same")(x, w), b as tf.Tensor), x as tf.Tensor)),
  ],
  [
    "wide: batch norm",
    "16x4x4x32 3x3x32x32 32 32",
    (x, w, g, b) => channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor),
  ],
  [
    "wide: scaled sums",
    "64x32 64x32",
    (x, y) => tf.sub(tf.add(tf.mul(x as tf.Tensor, 0.3), y as tf.Tensor), tf.mul(y as tf.Tensor, 2)),
  ],
];

/** Every kernel that may be blocked, at widths of one block and of several, for blocks of 8 and of 16. */
const WIDTHS = [16, 32, 48, 80].flatMap((width): Case[] => [
  [`${width} channels: 3x3`, `16x3x3x${width} 3x3x${width}x${width}`, conv(1, "same")],
  [`${width} channels: 3x3 stride 2`, `16x5x6x${width} 3x3x${width}x${width}`, conv(2, "same")],
  [`${width} channels: 1x1`, `16x4x3x${width} 1x1x${width}x${width}`, conv(1, "same")],
  [`${width} channels: 1x1 stride 2`, `16x7x6x${width} 1x1x${width}x${width}`, conv(2, "same")],
  [`${width} channels: from three`, `16x7x7x3 3x3x3x${width}`, conv(1, "same")],
  [`${width} channels: depthwise`, `16x6x5x${width} 3x3x${width}x1`, depthwise(1, "same")],
  [
    `${width} channels: grouped`,
    `16x3x2x${2 * width} 3x3x${width}x${2 * width}`,
    (x, w) => tf.relu(grouped(2, 1, "same")(x, w)),
  ],
  [
    `${width} channels: pools`,
    `16x6x6x${width} 1x1x${width}x${width}`,
    (x, w) => {
      const y = conv(1, "same")(x, w) as tf.Tensor4D;
      return tf.add(tf.maxPool(y, 3, 2, "same"), tf.avgPool(y, 2, 2, "same"));
    },
  ],
  [
    `${width} channels: one number per pixel`,
    `16x4x3x${width} 3x3x${width}x${width} 16x4x3x1`,
    (x, w, m) => {
      const y = conv(1, "same")(x, w);
      const [map, positive] = [m as tf.Tensor, tf.add(tf.square(m as tf.Tensor), 1)];
      const both = tf.add(tf.mul(y, map), tf.div(y, positive));
      return tf.relu(tf.add(both, tf.sub(tf.add(y, map), positive)));
    },
  ],
  [
    `${width} channels: over channels`,
    `16x3x4x${width} 3x3x${width}x${width}`,
    (x, w) => {
      const y = conv(1, "same")(x, w);
      const [sum, mean] = [tf.sum(y, 3, true), tf.mean(y, 3, true)];
      return tf.add(tf.mul(y, tf.add(sum, mean)), tf.add(tf.min(y, 3, true), tf.max(y, 3, true)));
    },
  ],
  [
    // Many maxima are 0 for several numbers at once, each of which gets the whole gradient.
    `${width} channels: equal maxima`,
    `16x3x4x${width} 3x3x${width}x${width}`,
    (x, w) => {
      const y = tf.relu(tf.sub(conv(1, "same")(x, w), 2 * Math.sqrt(9 * width)));
      return tf.add(tf.mul(y, tf.max(y, 3, true)), tf.mul(x as tf.Tensor, tf.max(y, [1, 2], true)));
    },
  ],
  [
    `${width} channels: batch norm, gate, shortcut`,
    `16x3x3x${width} 3x3x${width}x${width} ${width} ${width} 16x1x1x${width}`,
    (x, w, g, b, s) => {
      const y = channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor);
      return tf.relu(tf.add(tf.mul(y, s as tf.Tensor), x as tf.Tensor));
    },
  ],
  [
    `${width} channels: batch norm, gate of means, shortcut`,
    `16x3x3x${width} 3x3x${width}x${width} ${width} ${width}`,
    (x, w, g, b) => {
      const y = channelNorm(conv(1, "same")(x, w), g as tf.Tensor, b as tf.Tensor);
      return tf.relu(tf.add(gatedByMeans(y), x as tf.Tensor));
    },
  ],
]);

/** Computes y and the gradients of sum(y * fixed weights) with respect to every input. */
function subject([, text, compute]: Case): Subject {
  const shapes = parseShapes(text);
  const names = shapes.map((_, index) => `x${index}`);
  return {
    variables: new Map(),
    step: {
      inputs: Object.fromEntries(names.map((name, index) => [name, shapes[index] as number[]])),
      layers: [],
      run: (inputs) => {
        const tensors = names.map((name) => inputs[name] as tf.Tensor);
        const y = tf.keep(compute(...tensors));
        const weights = tf.tensor(randomArray(y.size, "weights"), y.shape);
        const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(compute(...xs), weights)))(tensors);
        return { y, ...Object.fromEntries(gradients.map((gradient, index) => [`d${index}`, gradient])) };
      },
    },
  };
}

function parseShapes(text: string): number[][] {
  return text.split(" ").map((shape) => shape.split("x").map(Number));
}

describe("compiled kernels and their gradients agree with eager ones", () => {
  for (const entry of [...CASES, ...WIDTHS]) {
    const [name, text] = entry;
    it(name, async () => {
      const inputs = [
        Object.fromEntries(
          parseShapes(text).map((shape, index) => [
            `x${index}`,
            randomArray(sizeOfShape(shape), name, index),
          ]),
        ),
      ];
      const run = async (engine: keyof typeof ENGINES) =>
        runOn(await ENGINES[engine](), () => subject(entry), { initial: new Map(), inputs });
      const expected = await run("eager");
      for (const engine of COMPARED)
        assertSameOutcome(await run(engine), expected, { what: engine, tolerance: 2e-5 });
    });
  }
});
