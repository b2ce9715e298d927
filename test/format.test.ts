import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { formatFixed, formatPercent, formatSigned, formatTable } from "../src/format.js";

describe("formatTable", () => {
  const HEAD = ["variant", "runs", "test error", "detail"];
  const ROWS = [
    ["plain", "8/8", "2.21 %", "a long text that goes on and on, word after word after word, for a while"],
    ["se-r16", "8/8", "2.56 %", "short"],
  ];

  it("splits wide tables into parts that all start with the first column", () => {
    for (const width of [50, 60, 80, 200]) {
      const text = formatTable(HEAD, ROWS, { right: [1, 2], width });
      const lines = text.split("\n");
      assert.ok(
        lines.every((line) => line.length <= width),
        `${width}:\n${text}`,
      );
      const heads = lines.filter((line) => line.startsWith(" variant"));
      assert.equal(heads.length, width < 80 ? 2 : 1, text);
      for (const word of ["8/8", "2.21 %", "2.56 %", "word after", "while", "short"])
        assert.ok(text.includes(word), `${width} lacks ${word}:\n${text}`);
    }
  });

  it("keeps all columns on one line if there is no limit", () => {
    const lines = formatTable(HEAD, ROWS, { right: [] }).split("\n");
    assert.equal(lines.length, 4);
    assert.ok(HEAD.every((name) => lines[0]?.includes(name)));
  });
});

it("formatFixed never writes -0", () => {
  assert.deepEqual(
    [-0.004, -0, -0.006, -1.234, 0.004].map((value) => formatFixed(value, 2)),
    ["0.00", "0.00", "-0.01", "-1.23", "0.00"],
  );
  assert.equal(formatFixed(-0.4, 0), "0");
});

it("formatSigned writes a sign, and never -0", () => {
  assert.deepEqual(
    [-0.004, 0, -0.006, 1.234, 0.004].map((value) => formatSigned(value, 2)),
    ["+0.00", "+0.00", "-0.01", "+1.23", "+0.00"],
  );
});

it("formatPercent writes a share with two digits", () => {
  assert.deepEqual([0, 0.1234, 0.00005, 1].map(formatPercent), ["0.00 %", "12.34 %", "0.01 %", "100.00 %"]);
});
