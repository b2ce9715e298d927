import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inTemporaryFolder } from "../temporary-folder.js";
import {
  byteArrays,
  integers,
  levels,
  type ParquetParts,
  parquetFile,
  present,
  varint,
} from "./parquet-file.js";
import { datasetSpec } from "./read-split.js";
import { type Reader, untrustedReader } from "./untrusted.js";

const PNG = readFileSync("test/golden/images/train/cat/c.png");
const ROWS = 12;

const labelsOf = (label: (row: number) => bigint) =>
  present(ROWS, integers(Array.from({ length: ROWS }, (_, row) => label(row))));
const LABELS = labelsOf((row) => BigInt(row % 3));
const GOOD: ParquetParts = {
  rows: ROWS,
  image: { values: ROWS, content: present(ROWS, byteArrays(Array.from({ length: ROWS }, () => PNG))) },
  label: { values: ROWS, content: LABELS },
};
const named = (names: readonly string[]) => ({
  huggingface: JSON.stringify({ info: { features: { label: { names } } } }),
});

describe("a Parquet file that lies", () => {
  let reader: Reader;
  before(() => {
    reader = untrustedReader();
  });
  after(() => reader.close());

  const outcomeOf = (changes: Partial<ParquetParts>, image = "auto") =>
    inTemporaryFolder((folder) => {
      const path = join(folder, "lies.parquet");
      writeFileSync(path, parquetFile({ ...GOOD, ...changes }));
      return reader.read(datasetSpec({ name: "parquet", path, image, cache: "off", validation: 2, test: 2 }));
    });
  const read = async (changes: Partial<ParquetParts>, image?: string) =>
    assert.deepEqual(await outcomeOf(changes, image), { kind: "read" });
  const refused = async (changes: Partial<ParquetParts>, reason: RegExp) => {
    const outcome = await outcomeOf(changes);
    assert.ok(outcome.kind === "refused", JSON.stringify(outcome));
    assert.match(outcome.message, /lies\.parquet/);
    assert.match(outcome.message, reason);
  };

  it("is read if it tells the truth, whatever its columns are called", async () => {
    await read({});
    await read({ imageName: "__proto__" }, "__proto__");
    await read(named(["a", "__proto__", "constructor"]));
    await read(named(Array.from({ length: 60_000 }, (_, label) => `class ${label}`)));
  });

  it("about its rows or the sizes of its pages is refused before anything is allocated", async () => {
    await refused({ rows: 2 ** 26 }, /67108864 rows in \d+ bytes/);
    await refused(
      { label: { values: 2 ** 31 - 1, content: LABELS } },
      /a page of column label is said to have 2147483647 of 12 values/,
    );
    for (const compressedSize of ["omit", 2 ** 30, -5] as const)
      await refused(
        { label: { ...GOOD.label, compressedSize } },
        /a page of column label is said to have (undefined|1073741824|-5) bytes/,
      );
    await refused({ codec: 2, label: { ...GOOD.label, uncompressedSize: 2 ** 30 } }, /damaged/);
  });

  it("inside a page costs no more than the process that reads it", async () => {
    const run = Buffer.concat([varint(2 ** 31 - 2), Buffer.of(1)]);
    const content = Buffer.concat([levels(run), LABELS.subarray(6)]);
    await refused({ label: { values: ROWS, content } }, /the process that read it ended with/);
  });

  it("about classes and images is refused", async () => {
    await refused(
      named(Array.from({ length: 1_000_000 }, (_, label) => String(label))),
      /names 1000000 classes; at most 65536/,
    );
    await refused(named(["a", "b", "a"]), /two classes named a/);
    await refused(named(["a", "b"]), /row 3: the label 2, but the file names only 2 classes/);
    await refused(
      { label: { values: ROWS, content: labelsOf((row) => (row === 4 ? -1n : 0n)) } },
      /row 5: the label -1;/,
    );
    await refused(
      { label: { values: ROWS, content: labelsOf(() => 2n ** 40n) } },
      /row 1: the label 1099511627776/,
    );
    const nothing = levels(Buffer.concat([varint(2 * ROWS), Buffer.of(0)]));
    await refused({ image: { values: ROWS, content: nothing } }, /row 1: there is no image/);
    await refused({ label: { values: ROWS, content: nothing } }, /row 1: the label must be .* found none/);
  });
});
