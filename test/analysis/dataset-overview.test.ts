import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CONTENTS = `  network: { stages: [{ block: basic, filters: 8 }] }
variants: [{ name: plain }]
seeds: [1]
`;

describe("data show", function () {
  this.timeout(180_000);

  it("counts classes, images that are in two parts, and measures what is stored", () =>
    inTemporaryFolder((folder) => {
      cpSync(resolve("test/golden/images"), join(folder, "images"), { recursive: true });
      // An image for training that is also one for testing.
      cpSync(join(folder, "images/train/dog/j.tiff"), join(folder, "images/test/dog/again.tiff"));
      const found = squeezeboxIn(folder)("data", "show", "images", "--out", "shown");
      assert.deepEqual(found.classNames, ["cat", "dog"]);
      assert.deepEqual(found.counts, { train: [6, 6], validation: [1, 1], test: [1, 2] });
      assert.deepEqual(found.sizes, { heights: [10, 12], widths: [10, 12] });
      const { duplicates } = found as { duplicates: Readonly<Record<string, number>> };
      // The colours of the script that drew them repeat, so the other two test images are duplicates as well.
      assert.equal(duplicates.test, 3);
      assert.deepEqual([found.otherFiles, found.broken], [1, []]);
    }));

  it("takes a sweep, and writes a picture and a page that names the classes", () =>
    inTemporaryFolder((folder) => {
      const path = resolve("test/golden/images");
      const crop = "[centerCrop: { size: 10 }]";
      const dataset = `dataset: { name: folder, path: ${path}, transforms: { train: ${crop}, test: ${crop} } }`;
      writeFileSync(join(folder, "s.yaml"), `name: s\nexperiment:\n  ${dataset}\n${CONTENTS}`);
      const { files } = squeezeboxIn(folder)("data", "show", "s.yaml") as { files: [string, string] };
      const [picture, page] = files.map((file) => readFileSync(join(folder, file)));
      assert.equal(picture?.subarray(1, 4).toString(), "PNG");
      assert.match(page?.toString() ?? "", /cat, dog/);
    }));
});
