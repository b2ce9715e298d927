import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DamagedFileError } from "../../src/records/files.js";
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

/** SHA-256 of the header's JSON without the checksum itself, and of the data. */
function checksumOf(header: string, data: Uint8Array): string {
  const text = header.trimEnd().replace(/,?"sha256":"[0-9a-f]*"/, "");
  return createHash("sha256").update(text).update(data).digest("hex");
}

function fileOf(header: object, data: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

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

  it("keep arrays that are views of a larger buffer", () =>
    inTemporaryFolder((folder) => {
      const values = Float32Array.of(1, 2, 3, 4, 5).subarray(1, 3);
      const path = join(folder, "weights.safetensors");
      writeTensors(path, { tensors: new Map([["x", { shape: [2], values }]]), metadata: {} });
      assert.deepEqual([...(readTensors(path)?.tensors.get("x")?.values ?? [])], [2, 3]);
    }));

  it("follow the format byte by byte", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      writeTensors(path, file({ a: [[2], [1, -2]], b: [[], [0.5]] }, { epoch: "1" }));
      const bytes = readFileSync(path);
      const length = Number(bytes.readBigUInt64LE(0));
      assert.equal(length % 8, 0);
      const header = bytes.toString("utf8", 8, 8 + length);
      assert.equal(header[0], "{");
      assert.match(header, /\} *$/);
      const sha256 = checksumOf(header, bytes.subarray(8 + length));
      assert.deepEqual(JSON.parse(header), {
        __metadata__: { epoch: "1", sha256 },
        a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
        b: { dtype: "F32", shape: [], data_offsets: [8, 12] },
      });
      assert.equal(bytes.subarray(8 + length).toString("hex"), "0000803f000000c00000003f");
    }));

  it("are read if the data is in another order", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      const data = Buffer.from(Float32Array.of(1, 2, 3).buffer);
      const content = {
        __metadata__: {},
        late: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
        early: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
      };
      const sha256 = checksumOf(JSON.stringify(content), data);
      writeFileSync(path, fileOf({ ...content, __metadata__: { sha256 } }, data));
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

  it("keep the file before", () =>
    inTemporaryFolder((folder) => {
      const [path, previous] = [join(folder, "last"), join(folder, "previous")];
      for (const value of [1, 2, 3]) writeTensors(path, file({ x: [[1], [value]] }), previous);
      assert.deepEqual(
        [path, previous].map((one) => readTensors(one)?.tensors.get("x")?.values[0]),
        [3, 2],
      );
      assert.deepEqual(readdirSync(folder).sort(), ["last", "previous"]);
    }));

  it("are refused with any bit flipped and when truncated anywhere", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      writeTensors(path, file({ a: [[2], [1, -2]], b: [[], [0.5]] }, { epoch: "1" }));
      const whole = readFileSync(path);
      for (let bit = 0; bit < 8 * whole.length; bit++) {
        const bytes = Buffer.from(whole);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        // White space between the header and the data has no meaning.
        if (bytes.equals(whole)) continue;
        writeFileSync(path, bytes);
        assert.throws(() => readTensors(path), DamagedFileError, `bit ${bit}`);
      }
      for (let size = 0; size < whole.length; size++) {
        writeFileSync(path, whole.subarray(0, size));
        assert.throws(() => readTensors(path), DamagedFileError, `${size} bytes`);
      }
    }));

  it("are refused if the header does not match the data", () =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "weights.safetensors");
      const data = Buffer.from(Float32Array.of(1, 2).buffer);
      const checkRefused = (entries: object, problem: RegExp) => {
        const sha256 = checksumOf(JSON.stringify({ __metadata__: {}, ...entries }), data);
        writeFileSync(path, fileOf({ __metadata__: { sha256 }, ...entries }, data));
        assert.throws(() => readTensors(path), problem);
      };
      checkRefused({ x: { dtype: "F64", shape: [1], data_offsets: [0, 8] } }, /type F64/);
      checkRefused({ x: { dtype: "F32", shape: [3], data_offsets: [0, 8] } }, /shape 3 but 8 bytes/);
      checkRefused({ x: { dtype: "F32", shape: [3], data_offsets: [0, 12] } }, /shape 3 but 12 bytes/);
      checkRefused({ x: { dtype: "F32", shape: [-1], data_offsets: [8, 4] } }, /no valid shape/);
      checkRefused({ x: { dtype: "F32", shape: [1], data_offsets: [8, 4] } }, /shape 1 but -4 bytes/);
      checkRefused({ x: null }, /type undefined/);
      writeFileSync(path, fileOf({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, data));
      assert.throws(() => readTensors(path), /no checksum/);
    }));

  it("are null if absent", () =>
    inTemporaryFolder((folder) => {
      assert.equal(readTensors(join(folder, "none.safetensors")), null);
    }));
});
