// predictions.npy: whole or absent, and the same to NumPy.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { DamagedFileError } from "../../src/records/files.js";
import { newPredictions, readPredictions, writePredictions } from "../../src/records/predictions.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const PYTHON = "/usr/bin/python3";

/** Predictions of `images` images that differ from image to image. */
function sample(images: number) {
  const predictions = newPredictions(images);
  for (let image = 0; image < images; image++) {
    predictions.label[image] = image % 1000;
    predictions.predicted[image] = (image * 7) % 1000;
    predictions.probability[image] = 1 / (image + 1);
    predictions.confidence[image] = 1 - 1 / (image + 2);
    predictions.margin[image] = 5 - image;
  }
  return predictions;
}

describe("predictions.npy", () => {
  for (const images of [1, 7, 10_000, 123_456])
    it(`holds ${images} images`, () =>
      inTemporaryFolder((folder) => {
        const file = join(folder, "predictions.npy");
        const predictions = sample(images);
        const checksum = writePredictions(file, predictions);
        assert.deepEqual(readPredictions(file, checksum), predictions);
        assert.equal(writePredictions(file, predictions), checksum);
      }));

  it("is an array of records to NumPy", function () {
    const hasNumpy = spawnSync(PYTHON, ["-c", "import numpy"]).status === 0;
    if (!hasNumpy) this.skip();
    return inTemporaryFolder((folder) => {
      const file = join(folder, "predictions.npy");
      writePredictions(file, sample(5));
      const script = `import numpy, json; p = numpy.load(${JSON.stringify(file)}); print(json.dumps({n: p[n].astype(float).tolist() for n in p.dtype.names}))`;
      const { stdout } = spawnSync(PYTHON, ["-c", script], { encoding: "utf8" });
      const expected = Object.fromEntries(Object.entries(sample(5)).map(([name, one]) => [name, [...one]]));
      assert.deepEqual(JSON.parse(stdout), expected);
    });
  });

  it("is damaged if a single bit has changed, or if it is cut off", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "predictions.npy");
      const checksum = writePredictions(file, sample(20));
      const bytes = readFileSync(file);
      const changed = Buffer.from(bytes);
      changed[200] = (changed[200] as number) ^ 1;
      for (const damaged of [changed, bytes.subarray(0, -1), Buffer.of()]) {
        writeFileSync(file, damaged);
        assert.throws(() => readPredictions(file, checksum), DamagedFileError);
      }
    }));
});
