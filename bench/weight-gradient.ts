// Every form of the weight gradient on every shape of SE-ResNet-20 and SE-ResNet-50 at 28x28, batch 128, one thread:
// shows that the form chosen by shape is the fastest, or nearly. `npm run bench:weight-gradient`.

import * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { channelsFirst, imageShape, sizeOfShape } from "../src/compile/graph/graph.js";
import type { ConvInfo, Value } from "../src/compile/graph/kernels.js";
import { probeBlockSize } from "../src/compile/onnx/block-size.js";
import { OnnxBuilder } from "../src/compile/onnx/builder.js";
import { createSession } from "../src/compile/onnx/session.js";
import { channelsOf, isBlockable } from "../src/compile/ops/conv-channels.js";
import type { Context } from "../src/compile/ops/op.js";
import { Placement } from "../src/compile/ops/placement.js";
import {
  chooseForm,
  WEIGHT_GRADIENT_FORMS,
  type WeightGradientForm,
} from "../src/compile/ops/weight-gradient.js";
import { formatTable } from "../src/format.js";
import { DEVICES } from "../src/runtime/devices.js";

const BATCH = 128;
const REPEATS = 8;
const ALL = Object.keys(WEIGHT_GRADIENT_FORMS) as WeightGradientForm[];

/** Size of the image, kernel, stride, channels from and to. */
const SHAPES: readonly [size: number, kernel: number, stride: number, from: number, to: number][] = [
  [28, 3, 1, 1, 16],
  [28, 3, 1, 16, 16],
  [28, 3, 2, 16, 32],
  [28, 1, 2, 16, 32],
  [14, 3, 1, 32, 32],
  [14, 3, 2, 32, 64],
  [7, 3, 1, 64, 64],
  [28, 7, 2, 1, 64],
  [7, 1, 1, 64, 256],
  [7, 1, 1, 256, 64],
  [7, 1, 2, 256, 512],
  [4, 3, 1, 128, 128],
  [4, 1, 1, 128, 512],
  [4, 1, 2, 512, 1024],
  [2, 3, 1, 256, 256],
  [2, 1, 1, 1024, 256],
  [1, 3, 1, 512, 512],
  [1, 1, 1, 512, 2048],
];

const block = await probeBlockSize();
const rows: string[][] = [];
for (const [size, kernel, stride, from, to] of SHAPES) {
  const info = tf.backend_util.computeConv2DInfo(
    [BATCH, size, size, from],
    [kernel, kernel, from, to],
    stride,
    1,
    "same",
  );
  const chosen = chooseForm(info, { groups: 1, from, to }, block);
  const times = new Map<WeightGradientForm, number>();
  for (const form of ALL.filter((form) => isApplicable(form, info)))
    times.set(form, await measure(form, info));
  const best = Math.min(...times.values());
  const cells = ALL.map((form) => {
    const time = times.get(form);
    return time === undefined ? "" : `${time.toFixed(2)}${form === chosen ? " *" : ""}`;
  });
  rows.push([
    `${kernel}x${kernel}/${stride} ${from}>${to} ${size}x${size}`,
    ...cells,
    ((times.get(chosen) ?? 0) / best).toFixed(2),
  ]);
}
process.stdout.write(
  `${formatTable(["ms", ...ALL, "chosen / best"], rows, { right: rows[0]?.map((_, column) => column).slice(1) ?? [] })}\n`,
);

function isApplicable(form: WeightGradientForm, info: ConvInfo): boolean {
  const pointwise = info.filterHeight === 1;
  const blockable = isBlockable({ groups: 1, from: info.inChannels, to: info.outChannels }, block);
  return {
    matrix: pointwise,
    pointwise: pointwise && blockable,
    convolution: !pointwise,
    dots: false,
    taps: !pointwise,
  }[form];
}

/** The least of some runs, with x and dy where they would be: in blocks, if their channels allow it. */
async function measure(form: WeightGradientForm, info: ConvInfo): Promise<number> {
  const builder = new OnnxBuilder();
  const placement = new Placement(builder, block);
  const kernels = { block, ...DEVICES.cpu.kernels };
  const context: Context = { builder, placement, layoutOf: () => "plain", ...kernels };
  const operand = (id: number, shape: readonly number[], name: string) => {
    const value: Value = { id, shape, dtype: "float32" };
    const image = imageShape(shape);
    const blocked = block !== null && image[3] % block === 0;
    placement.put(value, blocked ? "blocked" : "plain", name);
    return { value, declared: { name, shape: blocked ? channelsFirst(image) : image } };
  };
  const x = operand(0, info.inShape, "x");
  const dy = operand(1, info.outShape, "dy");
  const gradient = WEIGHT_GRADIENT_FORMS[form](context, {
    info,
    channels: channelsOf({ info, groups: 1 }),
    x: x.value,
    dy: dy.value,
  });
  const size = sizeOfShape(info.filterShape);
  const output = { name: builder.op("Reshape", [gradient, builder.ints([size])]), shape: [size] };
  const bytes = builder.encode({ inputs: [x.declared, dy.declared], outputs: [output] });
  const session = await createSession(bytes, { device: "cpu", threads: 1 });
  const feeds = Object.fromEntries(
    [x.declared, dy.declared].map(({ name, shape }) => [
      name,
      new Tensor("float32", new Float32Array(sizeOfShape(shape)).fill(0.5), shape),
    ]),
  );
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < REPEATS; run++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return best;
}
