import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTensors, type TensorFile, writeTensors } from "../../src/records/safetensors.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const file = (
  tensors: Readonly<Record<string, readonly [readonly number[], readonly number[]]>>,
  metadata: Readonly<Record<string, string>> = {},
): TensorFile => ({
  tensors: new Map(
    Object.entries(tensors).map(([name, [shape, values]]) => [
      name,
      { shape, values: Float32Array.from(values) },
    ]),
  ),
  metadata,
});

describe("safetensors files", () => {
  const checkRoundTrip = (content: TensorFile) =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      writeTensors(path, content);
      assert.deepEqual(readTensors(path), content);
      const bytes = readFileSync(path);
      writeTensors(path, readTensors(path) as TensorFile);
      assert.deepEqual(readFileSync(path), bytes);
    });

  it("keep names, shapes, values and metadata", async () => {
    await checkRoundTrip(file({}));
    await checkRoundTrip(file({}, { epoch: "3", fingerprint: 'a"b\n' }));
    await checkRoundTrip(file({ scalar: [[], [1.5]] }));
    await checkRoundTrip(file({ none: [[0], []], "no/rows": [[3, 0, 2], []], one: [[1], [1]] }));
    await checkRoundTrip(
      file({
        "stem/kernel:velocity": [
          [2, 3],
          [1, 2, 3, 4, 5, 6],
        ],
        ümläut: [[1], [7]],
      }),
    );
    await checkRoundTrip(
      file({ odd: [[5], [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-45, 3.4028234663852886e38]] }),
    );
  });

  it("keep a window on a larger buffer", () =>
    inTemporaryFolder((folder) => {
      const values = Float32Array.of(1, 2, 3, 4, 5).subarray(1, 3);
      const path = join(folder, "weights.safetensors");
      writeTensors(path, { tensors: new Map([["x", { shape: [2], values }]]), metadata: {} });
      assert.deepEqual([...(readTensors(path)?.tensors.get("x")?.values ?? [])], [2, 3]);
    }));

  it("are what the format says, byte by byte", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      writeTensors(path, file({ a: [[2], [1, -2]], b: [[], [0.5]] }, { epoch: "1" }));
      const bytes = readFileSync(path);
      const length = Number(bytes.readBigUInt64LE(0));
      assert.equal(length % 8, 0);
      const header = bytes.toString("utf8", 8, 8 + length);
      assert.equal(header[0], "{");
      assert.match(header, /\} *$/);
      assert.deepEqual(JSON.parse(header), {
        __metadata__: { epoch: "1" },
        a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
        b: { dtype: "F32", shape: [], data_offsets: [8, 12] },
      });
      assert.equal(bytes.subarray(8 + length).toString("hex"), "0000803f000000c00000003f");
    }));

  it("are read as other programs write them: no metadata, data in another order", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      const header = JSON.stringify({
        late: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
        early: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
      });
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      const data = Buffer.from(Float32Array.of(1, 2, 3).buffer);
      writeFileSync(path, Buffer.concat([length, Buffer.from(header), data]));
      assert.deepEqual(
        readTensors(path),
        file({
          late: [[1], [3]],
          early: [
            [1, 2],
            [1, 2],
          ],
        }),
      );
    }));

  it("are null where absent", () =>
    inTemporaryFolder((folder) => {
      assert.equal(readTensors(join(folder, "none.safetensors")), null);
    }));
});
