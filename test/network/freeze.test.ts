// The names of parts, and the nodes that they stand for.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { partMatcher } from "../../src/network/freeze.js";

const NAMES = [
  "stem",
  "stem.bn",
  "stage1.block1.conv1",
  "stage1.block12.conv1.bn",
  "stage2.block1.se.reduce",
  "head.classifier",
];

describe("names of parts", () => {
  const check = (part: string, expected: readonly string[]) =>
    it(`${part}: ${expected.join(", ") || "nothing"}`, () =>
      assert.deepEqual(NAMES.filter(partMatcher(part)), expected));
  check("stem", ["stem", "stem.bn"]);
  check("stem.bn", ["stem.bn"]);
  check("stage1.block1", ["stage1.block1.conv1"]);
  check("stage1.block1*", ["stage1.block1.conv1", "stage1.block12.conv1.bn"]);
  check("stage*.block1", ["stage1.block1.conv1", "stage2.block1.se.reduce"]);
  check("*", NAMES);
  check("**", NAMES);
  check("**.bn", ["stem.bn", "stage1.block12.conv1.bn"]);
  check("**.se", ["stage2.block1.se.reduce"]);
  check("**.**.c*1", ["stage1.block1.conv1", "stage1.block12.conv1.bn"]);
  check("s*a*e*", ["stage1.block1.conv1", "stage1.block12.conv1.bn", "stage2.block1.se.reduce"]);
  check("st*tem", []);
  check("ste", []);
  check("*.*.*.*.*", []);

  it("take no longer for many stars", () => {
    const start = performance.now();
    for (const part of [`${"*".repeat(180)}x`, `${"*a".repeat(90)}x`, `${"**.".repeat(60)}x`])
      assert.deepEqual(NAMES.filter(partMatcher(part)), []);
    assert.ok(performance.now() - start < 1000);
  });
});
