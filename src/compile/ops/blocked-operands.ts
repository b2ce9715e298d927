// Lowers element-wise kernels on a blocked image and a smaller operand, for which the blocked kernels have faster forms than broadcasting.

import { channelsFirst, type ImageShape, imageShape, isSameShape } from "../graph/graph.js";
import { blockedAffine } from "./blocked.js";
import { aligned, type Elementwise, type Operand, placed } from "./broadcasting.js";
import { blockOf, type Context } from "./op.js";

const OPS = ["Add", "Mul", "Sub", "Div"] as const;
type Op = (typeof OPS)[number];

interface Operands {
  readonly op: Op;
  readonly image: Operand;
  readonly other: Operand;
  /** The shape of the image, which is that of the output. */
  readonly shape: ImageShape;
}

/** Returns false if the operands are others. */
export function lowerBlocked(context: Context, { inputs, outputs }: Elementwise, name: string): boolean {
  const [output] = outputs;
  const op = OPS.find((known) => known === name);
  if (op === undefined || context.layoutOf(output) !== "blocked") return false;
  const shape = imageShape(output.shape);
  const [, height, width] = shape;
  if (height * width === 1) return false;
  const operands = [aligned(context, inputs[0], 4), aligned(context, inputs[1], 4)] as const;
  const image = operands.find(({ stored }) => isSameShape(stored, shape));
  const other = operands.find((operand) => operand !== image);
  if (!image || !other || (image === operands[1] && (op === "Sub" || op === "Div"))) return false;
  const lower = isVector(other, shape) ? withVector : isMap(other, shape) ? withMap : null;
  if (lower === null) return false;
  context.placement.put(output, "blocked", lower(context, { op, image, other, shape }));
  return true;
}

/** Whether the operand has one number per channel, or per image and channel. */
function isVector({ stored }: Operand, [batch, , , channels]: ImageShape): boolean {
  return [1, batch].some((images) => isSameShape(stored, [images, 1, 1, channels]));
}

/** Whether the operand has one number per pixel. */
function isMap({ value, stored }: Operand, [batch, height, width]: ImageShape): boolean {
  return value.shape.length === 4 && isSameShape(stored, [batch, height, width, 1]);
}

/** One pass of the blocked kernels. */
function withVector(context: Context, { op, image, other, shape }: Operands): string {
  const { builder, placement } = context;
  let numbers = placement.compact(other.value, "plain");
  if (op === "Sub") numbers = builder.op("Neg", [numbers]);
  if (op === "Div") numbers = builder.op("Reciprocal", [numbers]);
  // With one number per image and channel, the batch becomes part of the channels.
  const groups = (other.stored[0] as number) * shape[3];
  const weights = [groups, 1, 1, 1];
  const parts =
    op === "Mul" || op === "Div"
      ? { scale: builder.op("Reshape", [numbers, builder.ints(weights)]) }
      : {
          scale: builder.floats(new Float32Array(groups).fill(1), weights),
          bias: builder.op("Reshape", [numbers, builder.ints([groups])]),
          isShift: true as const,
        };
  return blockedAffine(context, placed(context, image, "blocked"), {
    shape: channelsFirst(shape),
    groups,
    ...parts,
  });
}

/** A 1x1 convolution repeats the map: to all channels for a sum, which it then adds itself; to those of one block for a product. */
function withMap(context: Context, { op, image, other, shape }: Operands): string {
  const { builder } = context;
  const [batch, channels, height, width] = channelsFirst(shape);
  const size = blockOf(context);
  const given = placed(context, other, "blocked");
  const map = op === "Div" ? builder.op("Reciprocal", [given]) : given;
  const repeated = (count: number, weight: number) => {
    const filter = builder.floats(new Float32Array(count).fill(weight), [count, 1, 1, 1]);
    return builder.blockedConv([map, filter], { kernel_shape: [1, 1] }, count);
  };
  const x = placed(context, image, "blocked");
  if (op === "Add" || op === "Sub") return builder.blockedSum([repeated(channels, op === "Add" ? 1 : -1), x]);
  const factor = repeated(size, 1);
  if (channels === size) return builder.op("Mul", [x, factor]);
  const row = height * width * size;
  const views = [
    builder.op("Reshape", [x, builder.ints([batch, channels / size, row])]),
    builder.op("Reshape", [factor, builder.ints([batch, 1, row])]),
  ];
  return builder.op("Reshape", [builder.op("Mul", views), builder.ints(channelsFirst(shape))]);
}
