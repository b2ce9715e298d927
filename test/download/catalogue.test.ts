import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { CATALOGUE } from "../../src/download/catalogue.js";

/** What torchvision, TensorFlow Datasets and medmnist know of a file (test/golden/downloads.py). */
interface Known {
  readonly md5: string;
  readonly urls: readonly string[];
  readonly size?: number;
  readonly sha256?: string;
  /** Bytes of pixels in the archive, and what its labels are. */
  readonly pixels?: number;
  readonly task?: string;
}

const KNOWN = JSON.parse(readFileSync("test/golden/downloads.json", "utf8")) as Readonly<
  Record<string, Known>
>;

const files = CATALOGUE.datasets.flatMap(({ name, versions }) =>
  versions.flatMap((version) => version.files.map((file) => [`${name}/${file.name}`, file] as const)),
);

describe("the catalogue of datasets", () => {
  it("has every file that other software knows, except those that cannot be read", () => {
    const readable = Object.entries(KNOWN)
      .filter(([, { task, pixels = 0 }]) => !task?.startsWith("multi-label") && pixels < 2 ** 31)
      .map(([name]) => name);
    assert.deepEqual(files.map(([name]) => name).sort(), readable.sort());
    assert.equal(readable.length, 3 * 4 + 2 + 11 * 4 - 7);
  });

  it("agrees with it in checksums, sizes and addresses", () => {
    for (const [name, { md5, sha256, size, mostBytes, urls }] of files) {
      const known = KNOWN[name] as Known;
      assert.deepEqual(
        { md5, sha256, size },
        { md5: known.md5, sha256: known.sha256 ?? null, size: known.size ?? null },
        name,
      );
      assert.ok(mostBytes === size || mostBytes > (known.pixels ?? Number.POSITIVE_INFINITY), name);
      assert.ok(
        urls.some((url) => known.urls.includes(url)),
        name,
      );
      for (const url of urls) assert.ok(new URL(url).pathname.endsWith(`/${name.split("/")[1]}`), url);
      assert.ok(urls[0]?.startsWith("https:"), name);
    }
  });
});
