import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { unzipSync, type Zippable, zipSync } from "fflate";
import { Header } from "tar";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec } from "./read-split.js";
import { type Reader, untrustedReader } from "./untrusted.js";

const KERAS = unzipSync(readFileSync("test/golden/keras.npz"));
const CIFAR = gunzipSync(readFileSync("test/golden/cifar-10-binary.tar.gz"));

function npy(type: string, shape: string, bytes: number): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.alloc(bytes)]);
}

const zip = (files: Zippable) => Buffer.from(zipSync(files, { level: 6 }));

function tarEntry(
  path: string,
  more: { type?: "File" | "Link" | "SymbolicLink"; size?: number; linkpath?: string },
) {
  const block = Buffer.alloc(512);
  new Header({ path, type: "File", size: 0, mode: 0o644, mtime: new Date(0), ...more }).encode(block, 0);
  return block;
}

const tarFile = (path: string, content: Buffer) =>
  Buffer.concat([
    tarEntry(path, { size: content.length }),
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ]);

describe("an archive that is not what it seems", () => {
  let reader: Reader;
  before(() => {
    reader = untrustedReader();
  });
  after(() => reader.close());

  /** Nothing but the archive may be in its folder or in the one above afterwards. */
  const outcomeOf = (kind: "npz" | "cifar10", content: Buffer) =>
    inTemporaryFolder(async (folder) => {
      const inner = join(folder, "inner");
      mkdirSync(inner);
      const path = join(inner, "lies");
      writeFileSync(path, content);
      const outcome = await reader.read(datasetSpec({ name: kind, path, validation: 2 }));
      assert.deepEqual([readdirSync(folder), readdirSync(inner)], [["inner"], ["lies"]]);
      return outcome;
    });
  const read = async (kind: "npz" | "cifar10", content: Buffer) =>
    assert.deepEqual(await outcomeOf(kind, content), { kind: "read" });
  const refused = async (kind: "npz" | "cifar10", content: Buffer, message: RegExp) => {
    const outcome = await outcomeOf(kind, content);
    assert.ok(outcome.kind === "refused", JSON.stringify(outcome));
    assert.match(outcome.message, /inner.lies/);
    assert.match(outcome.message, message);
  };

  it("unpacks to no more than its size allows, whatever it announces", async () => {
    const bomb = zip({ "x_train.npy": npy("|u1", "16, 8192, 2048", 2 ** 28) });
    await refused("npz", bomb, /unpacks to more than \d+ bytes/);
    bomb.writeUInt32LE(100, bomb.indexOf("PK\x01\x02") + 24);
    await refused("npz", bomb, /larger than 100 bytes/);
    const tar = gzipSync(Buffer.concat([tarFile("x", Buffer.alloc(2 ** 28)), CIFAR]));
    await refused("cifar10", tar, /unpacks to more than \d+ bytes/);
    await refused("cifar10", gzipSync(tar), /compressed twice/);
  });

  it("is refused if its files lie on top of each other, or are not where it says", async () => {
    const one = zip({ "x_train.npy": npy("|u1", "16, 1000, 100", 1_600_000) });
    const [list, end] = [one.indexOf("PK\x01\x02"), one.indexOf("PK\x05\x06")];
    const entries = Array.from({ length: 500 }, (_, index) => {
      const entry = Buffer.from(one.subarray(list, end));
      entry.write(String(index).padStart(7, "0"), 46);
      return entry;
    });
    const last = Buffer.from(one.subarray(end));
    last.writeUInt16LE(entries.length, 10);
    await refused("npz", Buffer.concat([one.subarray(0, list), ...entries, last]), /larger than the archive/);
    const elsewhere = Buffer.from(one);
    elsewhere.writeUInt32LE(1, list + 42);
    await refused("npz", elsewhere, /is not where the list of files says/);
    elsewhere.writeUInt16LE(0xffff, end + 10);
    await refused("npz", elsewhere, /list of files is damaged/);
  });

  it("is refused if a bit of it has changed", async () => {
    const changed = Buffer.from(zipSync(KERAS, { level: 0 }));
    changed[300] = (changed[300] as number) ^ 1;
    await refused("npz", changed, /has a wrong checksum/);
  });

  it("can have files of any name, of which none is written", async () => {
    const labels = npy("|u1", "24, ", 24);
    await read("npz", zip({ ...KERAS, "../x.npy": labels, "/tmp/x.npy": labels, "__proto__.npy": labels }));
    const escaping = ["../x", "../../x", "/tmp/squeezebox-escaped"].map((path) =>
      tarFile(path, Buffer.from("x")),
    );
    const links = [
      tarEntry("test_batch.bin", { type: "SymbolicLink", linkpath: "/etc/passwd" }),
      tarEntry("data_batch_1.bin", { type: "Link", linkpath: "../../etc/passwd" }),
    ];
    await read("cifar10", Buffer.concat([...escaping, ...links, CIFAR]));
    await refused(
      "cifar10",
      Buffer.concat([tarFile("a/test_batch.bin", Buffer.of(0)), CIFAR]),
      /more than one file/,
    );
  });

  it("is refused if an entry or array is said to be huge", async () => {
    const huge = (path: string) => Buffer.concat([tarEntry(path, { size: 2 ** 33 }), CIFAR]);
    await refused("cifar10", huge("x"), /Truncated input/);
    await refused("cifar10", huge("test_batch.bin"), /8589934592 bytes; at most/);
    const array = (shape: string) => zip({ ...KERAS, "x_train.npy": npy("|u1", shape, 10) });
    await refused("npz", array("4294967296, 4294967296, 4294967296"), /found 10/);
    await refused("npz", array(`0, ${"9".repeat(100)}`), /found 10/);
    const labels = Buffer.concat([npy("<i8", "24, ", 0), Buffer.alloc(24 * 8, 0x3f)]);
    await refused("npz", zip({ ...KERAS, "y_train.npy": labels }), /label 4557430888798830\d+ of image 0/);
    const header = Buffer.concat([
      Buffer.from("\x93NUMPY\x02\x00", "latin1"),
      Buffer.of(0xff, 0xff, 0xff, 0x7f),
    ]);
    await refused(
      "npz",
      zip({ ...KERAS, "x_train.npy": Buffer.concat([header, Buffer.alloc(100)]) }),
      /a header of/,
    );
  });
});
