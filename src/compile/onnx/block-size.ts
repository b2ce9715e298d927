// The block size of this machine's blocked kernels.

import { Tensor } from "onnxruntime-node";
import { OnnxBuilder } from "./builder.js";
import { BLOCKED_DOMAIN } from "./graph.js";
import { createSession, floatsOf } from "./session.js";

const CANDIDATES = [16, 8];
const CHANNELS = 32;
const PIXELS = 4;

/**
 * Returns the number of channels in a block: 16 with AVX-512, 8 with AVX2; null if there are no blocked kernels. Finds it from
 * the order of a reordered tensor, then compares a blocked convolution with a plain one, because a wrong size would produce
 * wrong numbers without an error.
 */
export async function probeBlockSize(): Promise<number | null> {
  try {
    const block = await readBlockSize();
    return block !== null && (await blockedAgreesWithPlain(block)) ? block : null;
  } catch {
    // Some builds of ONNX Runtime do not have these kernels.
    return null;
  }
}

async function readBlockSize(): Promise<number | null> {
  const builder = new OnnxBuilder();
  const x = { name: "x", shape: [1, CHANNELS, PIXELS, PIXELS] };
  const y = {
    name: builder.op("ReorderInput", [x.name], { channels_last: 0 }, BLOCKED_DOMAIN),
    shape: x.shape,
  };
  const numbers = Float32Array.from({ length: CHANNELS * PIXELS ** 2 }, (_, index) => index);
  const [reordered] = await runOnce(builder.encode({ inputs: [x], outputs: [y] }), {
    x: new Tensor("float32", numbers, x.shape),
  });
  // The second number comes from the second channel, and so on until the end of the block.
  const same = (block: number) =>
    numbers.every((_, index) => {
      const [blockIndex, rest] = [Math.floor(index / (block * PIXELS ** 2)), index % (block * PIXELS ** 2)];
      const channel = blockIndex * block + (rest % block);
      return reordered?.[index] === channel * PIXELS ** 2 + Math.floor(rest / block);
    });
  return CANDIDATES.find(same) ?? null;
}

async function blockedAgreesWithPlain(block: number): Promise<boolean> {
  const builder = new OnnxBuilder();
  const x = { name: "x", shape: [1, CHANNELS, PIXELS, PIXELS] };
  const w = { name: "w", shape: [CHANNELS, CHANNELS, 3, 3] };
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const plain = builder.op("Conv", [x.name, w.name], attributes);
  const blocks = CHANNELS / block;
  const split = builder.op("Reshape", [w.name, builder.ints([blocks, block, blocks, block, 3, 3])]);
  const ordered = builder.op("Transpose", [split], { perm: [0, 2, 4, 5, 3, 1] });
  const weights = builder.op("Reshape", [ordered, builder.ints(w.shape)]);
  const blocked = builder.op(
    "Conv",
    [builder.op("ReorderInput", [x.name], { channels_last: 0 }, BLOCKED_DOMAIN), weights],
    attributes,
    BLOCKED_DOMAIN,
  );
  const back = builder.op(
    "ReorderOutput",
    [blocked],
    { channels: CHANNELS, channels_last: 0 },
    BLOCKED_DOMAIN,
  );
  const wave = (size: number) => Float32Array.from({ length: size }, (_, index) => Math.sin(index));
  const [expected, found] = await runOnce(
    builder.encode({
      inputs: [x, w],
      outputs: [
        { name: plain, shape: x.shape },
        { name: back, shape: x.shape },
      ],
    }),
    {
      x: new Tensor("float32", wave(CHANNELS * PIXELS ** 2), x.shape),
      w: new Tensor("float32", wave(CHANNELS ** 2 * 9), w.shape),
    },
  );
  return (
    expected !== undefined &&
    found !== undefined &&
    expected.every((value, index) => Math.abs(value - (found[index] ?? Number.NaN)) < 1e-3)
  );
}

async function runOnce(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Float32Array[]> {
  const session = await createSession(bytes, { device: "cpu", threads: 1 });
  const results = await session.run(feeds);
  const arrays = session.outputNames.map((name) => floatsOf(results[name]));
  await session.release();
  return arrays;
}
