import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { loadDataset } from "../../src/data/dataset.js";
import { guessedKind } from "../../src/data/guess.js";
import { InputError } from "../../src/diagnostic.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, imagesOf } from "./read-split.js";
import { type Outcome, type Reader, untrustedReader } from "./untrusted.js";

const PNG = resolve("test/golden/images/train/cat/c.png");
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>`;

type Build = (folder: string) => void | Promise<void>;

/** Four images in each of two classes. */
function writeClasses(folder: string, classes: readonly string[] = ["cat", "dog"]): void {
  for (const name of classes) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const image of [1, 2, 3, 4]) copyFileSync(PNG, join(folder, name, `${image}.png`));
  }
}

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: "red" } })
    .png()
    .toBuffer();

function specOf(path: string, more: Readonly<Record<string, unknown>> = {}) {
  const transforms = [{ resize: { size: [8, 8] } }];
  return datasetSpec({
    name: "folder",
    path,
    cache: "off",
    validation: 2,
    test: 2,
    transforms: { train: transforms, test: transforms },
    ...more,
  });
}

describe("a folder that is not what it seems", () => {
  let reader: Reader;
  before(() => {
    reader = untrustedReader();
  });
  after(() => reader.close());

  const outcomeOf = (build: Build, more?: Readonly<Record<string, unknown>>): Promise<Outcome> =>
    inTemporaryFolder(async (folder) => {
      writeClasses(folder);
      await build(folder);
      return reader.read(specOf(folder, more));
    });
  const read = async (build: Build, more?: Readonly<Record<string, unknown>>) =>
    assert.deepEqual(await outcomeOf(build, more), { kind: "read" });
  const refused = async (build: Build, message: RegExp) => {
    const outcome = await outcomeOf(build);
    assert.ok(outcome.kind === "refused", JSON.stringify(outcome));
    assert.match(outcome.message, message);
  };

  it("is read without what is no file, and without links in circles", () =>
    read((folder) => {
      if (process.platform !== "win32") execFileSync("mkfifo", [join(folder, "cat", "a.png")]);
      symlinkSync("/dev/zero", join(folder, "cat", "b.png"));
      symlinkSync("c.png", join(folder, "cat", "c.png"));
      symlinkSync("/nowhere/d.png", join(folder, "cat", "d.png"));
      symlinkSync(folder, join(folder, "cat", "loop"));
      symlinkSync(folder, join(folder, "loop"));
      symlinkSync("other-loop", join(folder, "other-loop"));
    }));

  it("can have any names", () =>
    read((folder) => {
      writeClasses(folder, ["__proto__", "constructor", "toString", "🦊"]);
      copyFileSync(PNG, join(folder, "cat", "a\nb 🦊.png"));
    }));

  it("may be a link to a folder whose name begins like that of the folder with the link", () =>
    inTemporaryFolder(async (folder) => {
      mkdirSync(join(folder, "images"));
      writeClasses(join(folder, "images"), ["cat"]);
      writeClasses(folder, ["im"]);
      symlinkSync(join(folder, "im"), join(folder, "images", "dog"));
      assert.deepEqual(await reader.read(specOf(join(folder, "images"))), { kind: "read" });
    }));

  it("is refused if there are too many folders inside each other", () =>
    refused((folder) => {
      mkdirSync(join(folder, "cat", ...Array.from({ length: 100 }, () => "d")), { recursive: true });
    }, /more than 8 folders inside each other/));

  it("is refused if an image has another format, whatever its name", async () => {
    for (const content of [SVG, "%PDF-1.4\n1 0 obj<<>>endobj", "P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12", ""])
      await refused(
        (folder) => writeFileSync(join(folder, "cat", "x.png"), content),
        /cat.x\.png is not an image/,
      );
    await refused(async (folder) => {
      await sharp(PNG).toFile(join(folder, "cat", "x.v"));
      copyFileSync(join(folder, "cat", "x.v"), join(folder, "cat", "x.png"));
    }, /cat.x\.png is not an image/);
  });

  it("can have images of every kind that the formats allow", () =>
    read(async (folder) => {
      const to = (name: string) => join(folder, "cat", name);
      await sharp(PNG).withIccProfile("p3").jpeg().toFile(to("profile.jpg"));
      await sharp(PNG).ensureAlpha(0.5).toColourspace("rgb16").png().toFile(to("alpha16.png"));
      const frames = await sharp({ create: { width: 10, height: 40, channels: 3, background: "red" } })
        .raw()
        .toBuffer();
      const raw = { width: 10, height: 40, channels: 3, pageHeight: 10 } as const;
      await sharp(frames, { raw }).gif().toFile(to("animated.gif"));
      await sharp(frames, { raw }).webp().toFile(to("animated.webp"));
      writeFileSync(to("long.png"), await plain(65_535, 1));
    }));

  it("is refused if images are too large, and needs bounded memory if they are just small enough", async function () {
    this.timeout(120_000);
    await refused(
      async (folder) => writeFileSync(join(folder, "cat", "x.png"), await plain(65_536, 1)),
      /x\.png: an image of 65536x1 pixels; at most 65535 per side/,
    );
    const large = await plain(12_000, 12_000);
    await refused((folder) => writeFileSync(join(folder, "cat", "x.png"), large), /x\.png .*pixel limit/);
    const fits = await plain(8_000, 8_000);
    const crop = [{ centerCrop: { size: 8 } }];
    await read(
      (folder) => {
        for (let image = 0; image < 4; image++) writeFileSync(join(folder, "cat", `x${image}.png`), fits);
      },
      { transforms: { train: crop, test: crop } },
    );
  });

  it("is an error that names the image if that changes after it was looked at", () =>
    inTemporaryFolder(async (folder) => {
      // Random, and for images of different sizes, so that images are decoded each time.
      const transforms = {
        train: [{ randomResizedCrop: { size: 8 } }],
        test: [{ resize: { size: [8, 8] } }],
      };
      const other = await plain(30, 20);
      const changes: readonly (readonly [(file: string) => void, RegExp])[] = [
        [rmSync, /cannot read .*cat.[1-4]\.png: there is no such file/],
        [(file) => writeFileSync(file, other), /cat.[1-4]\.png has changed .* 30x20 pixels instead of/],
      ];
      for (const [change, message] of changes) {
        writeClasses(folder);
        for (const image of ["a", "b", "c", "d"]) writeFileSync(join(folder, "dog", `${image}.png`), other);
        const { train, close } = await loadDataset(specOf(folder, { transforms, normalize: "none" }));
        for (const image of [1, 2, 3, 4]) change(join(folder, "cat", `${image}.png`));
        const isExpected = (error: unknown) => error instanceof InputError && message.test(error.message);
        await assert.rejects(imagesOf(train), isExpected);
        close();
      }
    }));

  it("is looked at before its kind is known, whatever is in it", () =>
    inTemporaryFolder((folder) => {
      writeClasses(folder);
      symlinkSync("loop", join(folder, "loop"));
      symlinkSync("/nowhere", join(folder, "dangling"));
      assert.equal(guessedKind(folder).name, "folder");
      assert.throws(() => guessedKind(join(folder, "loop")), InputError);
    }));
});
