import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { fillNormal } from "../../src/model/normals.js";
import { randomStream } from "../../src/random.js";

describe("fillNormal", () => {
  for (const length of [0, 1, 2, 5, 2 ** 14, 2 ** 15 + 3])
    it(`writes ${length} numbers, which as many single draws return`, () => {
      const [one, all] = [randomStream(3, length), randomStream(3, length)];
      // So that the stream does not begin where streams do.
      assert.equal(one.uniform(), all.uniform());
      const expected = Float32Array.from({ length }, () => 0.3 * one.normal());
      assert.deepEqual(fillNormal(new Float32Array(length), all, 0.3), expected);
    });
});
