import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { cached } from "../../src/data/cache.js";
import { loadDataset } from "../../src/data/dataset.js";
import { InputError } from "../../src/diagnostic.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, imagesOf } from "./read-split.js";

const CLI = resolve("dist/src/cli.js");

/** With a cache of its own. */
function inCache(use: (root: string) => Promise<void>): Promise<void> {
  const before = process.env.SQUEEZEBOX_CACHE;
  return inTemporaryFolder((folder) => {
    process.env.SQUEEZEBOX_CACHE = join(folder, "cache");
    return use(join(folder, "cache"));
  }).finally(() => {
    process.env.SQUEEZEBOX_CACHE = before;
  });
}

const KEYS = ["a", "b"] as const;

/** Makes both entries, or reads them. Returns how many were made. */
async function makeBoth(): Promise<number> {
  let made = 0;
  for (const key of KEYS) {
    const entry = await cached([key], async (content) => {
      made++;
      writeFileSync(content, key.repeat(10));
      return { key };
    });
    if (entry !== null)
      assert.deepEqual([entry.table, readFileSync(entry.content, "utf8")], [{ key }, key.repeat(10)]);
  }
  return made;
}

describe("a damaged cache", () => {
  const folders = (root: string) => readdirSync(root).map((name) => join(root, name)) as [string, string];

  it("makes an entry again if it is damaged, cut, or that of something else", () =>
    inCache(async (root) => {
      assert.deepEqual([await makeBoth(), await makeBoth()], [2, 0]);
      const [one, other] = folders(root);
      const damages: readonly (() => void)[] = [
        () => writeFileSync(join(one, "table.json"), "null"),
        () => truncateSync(join(one, "table.json"), 30),
        () => truncateSync(join(one, "content"), 5),
        () => rmSync(join(one, "content")),
        () => {
          rmSync(one, { recursive: true });
          cpSync(other, one, { recursive: true });
        },
      ];
      for (const damage of damages) {
        damage();
        assert.deepEqual([await makeBoth(), await makeBoth()], [1, 0], String(damage));
      }
      const swapped = join(root, "..", "swapped");
      renameSync(one, swapped);
      renameSync(other, one);
      renameSync(swapped, other);
      assert.equal(await makeBoth(), 2);
    }));

  it("with changed images is an error that says what to do", () =>
    inCache(async (root) => {
      const crop = [{ centerCrop: { size: 10 } }];
      const path = resolve("test/golden/images");
      const spec = datasetSpec({ name: "folder", path, transforms: { train: crop, test: crop } });
      const load = async () => {
        const { train, close } = await loadDataset(spec);
        await imagesOf(train);
        close();
      };
      await load();
      for (const folder of folders(root))
        if (readdirSync(folder).includes("content")) {
          const content = readFileSync(join(folder, "content"));
          content[50] = (content[50] as number) ^ 1;
          writeFileSync(join(folder, "content"), content);
        }
      await assert.rejects(
        load,
        (error: unknown) =>
          error instanceof InputError && /content is damaged: .*`squeezebox data clean`/.test(error.message),
      );
    }));

  it("can be emptied by several processes at once", () =>
    inCache(async (root) => {
      for (let round = 0; round < 20; round++) await cached([round], async () => ({ round }));
      mkdirSync(join(root, "not an entry"));
      const clean = () =>
        new Promise<string>((ended) => {
          const child = spawn(process.execPath, [CLI, "data", "clean"], {
            stdio: ["ignore", "ignore", "pipe"],
          });
          let errors = "";
          child.stderr.on("data", (text: Buffer) => {
            errors += text.toString();
          });
          child.on("close", (code) => ended(`${code} ${errors}`));
        });
      assert.deepEqual(await Promise.all([clean(), clean(), clean()]), ["0 ", "0 ", "0 "]);
      assert.deepEqual(readdirSync(root), ["not an entry"]);
    }));
});
