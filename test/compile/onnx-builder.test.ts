// Checks with ONNX Runtime that models are encoded correctly.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Tensor } from "onnxruntime-node";
import { PbfReader } from "pbf";
import { OnnxBuilder } from "../../src/compile/onnx/builder.js";
import { createSession } from "../../src/compile/onnx/session.js";

const CPU = { device: "cpu", threads: 1 } as const;
const ramp = (...shape: number[]) =>
  new Tensor(
    "float32",
    Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, index) => index - 4,
    ),
    shape,
  );

async function runs(bytes: Uint8Array, x: Tensor, y: string): Promise<number[]> {
  const session = await createSession(bytes, CPU);
  const results = await session.run({ x });
  await session.release();
  return Array.from(results[y]?.data as Float32Array);
}

describe("encoded ONNX model", () => {
  describe("attributes", () => {
    const check = async (
      type: string,
      attributes: Record<string, number | string | number[]>,
      expected: number[],
    ) => {
      const builder = new OnnxBuilder();
      const y = builder.op(type, ["x"], attributes);
      const bytes = builder.encode({
        inputs: [{ name: "x", shape: [2, 3] }],
        outputs: [{ name: y, shape: ["a", "b"] }],
      });
      assert.deepEqual(await runs(bytes, ramp(2, 3), y), expected);
    };
    it("a float with an integer value", () => check("LeakyRelu", { alpha: 2 }, [-8, -6, -4, -2, 0, 1]));
    it("a list of integers", () => check("Transpose", { perm: [1, 0] }, [-4, -1, -3, 0, -2, 1]));
    it("a negative integer", () => check("Hardmax", { axis: -1 }, [0, 0, 1, 0, 0, 1]));
    it("a list of negative integers, and zero", () =>
      check("ReduceMax", { axes: [-1], keepdims: 0 }, [-2, 1]));
    it("a string", async () => {
      const builder = new OnnxBuilder();
      const y = builder.op("Pad", ["x", builder.ints([0, 1, 0, 1])], { mode: "reflect" });
      const bytes = builder.encode({
        inputs: [{ name: "x", shape: [1, 3] }],
        outputs: [{ name: y, shape: [1, 5] }],
      });
      assert.deepEqual(await runs(bytes, ramp(1, 3), y), [-3, -4, -3, -2, -3]);
    });
  });

  it("initializers of many sizes, including scalars and those with long names", async () => {
    const builder = new OnnxBuilder();
    let y = "x";
    for (const size of [1, 127, 128, 16_384, 2_097_152]) {
      const name = `weights ${"é".repeat(200)} ${size}`;
      builder.initializer({ name, shape: [size, 1] }, new Float32Array(size).fill(1 / size));
      const ones = builder.op("Expand", [builder.scalar(1), builder.ints([1, size])]);
      y = builder.op("Add", [y, builder.op("MatMul", [ones, name])]);
    }
    const bytes = builder.encode({
      inputs: [{ name: "x", shape: [1, 1] }],
      outputs: [{ name: y, shape: [1, 1] }],
    });
    const [sum = Number.NaN] = await runs(bytes, ramp(1, 1), y);
    assert.ok(Math.abs(sum - (-4 + 5)) < 1e-3, `${sum}`);
  });

  it("named dimensions, which accept any size", async () => {
    const builder = new OnnxBuilder();
    const y = builder.op("Relu", ["x"]);
    const shape = ["batch", 2];
    const bytes = builder.encode({ inputs: [{ name: "x", shape }], outputs: [{ name: y, shape }] });
    const session = await createSession(bytes, CPU);
    const declared = [...session.inputMetadata, ...session.outputMetadata];
    assert.deepEqual(
      declared.map((value) => value.isTensor && value.shape),
      [shape, shape],
    );
    for (const batch of [1, 5])
      assert.deepEqual((await session.run({ x: ramp(batch, 2) }))[y]?.dims, [batch, 2]);
    await session.release();
  });

  it("metadata by key", async () => {
    const builder = new OnnxBuilder();
    const value = { name: "x", shape: [1] };
    const metadata = { run: "r-ablation/se-r4/seed-1", note: "größer als 127 Bytes ".repeat(10) };
    const bytes = builder.encode({
      inputs: [value],
      outputs: [{ ...value, name: builder.op("Relu", ["x"]) }],
      metadata,
    });
    const session = await createSession(bytes, CPU);
    await session.release();
    const readEntry = (field: number, entry: string[], reader: PbfReader) => {
      entry[field - 1] = reader.readString();
    };
    const found = new PbfReader(bytes).readFields<string[][]>((field, entries, reader) => {
      if (field === 14) entries.push(reader.readMessage(readEntry, []));
    }, []);
    assert.deepEqual(Object.fromEntries(found), metadata);
  });
});
