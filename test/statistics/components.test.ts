// Variance components of crossed designs: against statsmodels.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { orthogonalArray, varianceComponents } from "../../src/statistics/components.js";

interface Golden {
  readonly source: string;
  readonly components: {
    rows: number[][];
    values: number[];
    mean_squares: number[];
    variances: number[];
    ps: number[];
    rest: number;
  };
}

const { source, components } = JSON.parse(readFileSync("test/golden/evidence.json", "utf8")) as Golden;

const close = (found: number | undefined, expected: number) =>
  assert.ok(Math.abs((found ?? Number.NaN) - expected) <= 1e-9, `${found}, not ${expected}`);

describe("variance components", () => {
  it(`of an orthogonal array, as ${source} computes them`, () => {
    const found = varianceComponents(["a", "b", "c"], components.rows, components.values);
    assert.deepEqual(
      found?.sources.map(({ freedom }) => freedom),
      [4, 4, 4],
    );
    assert.equal(found?.rest.freedom, 12);
    close(found?.rest.variance, components.rest);
    for (const [index, one] of (found?.sources ?? []).entries()) {
      close(one.meanSquare, components.mean_squares[index] as number);
      close(one.variance, components.variances[index] as number);
      assert.ok(Math.abs((one.p ?? Number.NaN) - (components.ps[index] as number)) < 1e-6, `${one.p}`);
    }
  });

  it("come from designs in which each pair of levels of each two sources occurs once", () => {
    for (const [levels, most] of [
      [3, 4],
      [5, 6],
      [7, 8],
    ] as const)
      for (let sources = 2; sources <= most; sources++) {
        const rows = orthogonalArray(levels, sources);
        assert.equal(rows.length, levels ** 2);
        for (let one = 0; one < sources; one++)
          for (let other = 0; other < one; other++)
            assert.equal(new Set(rows.map((row) => `${row[one]} ${row[other]}`)).size, levels ** 2);
      }
    assert.deepEqual(
      orthogonalArray(3, 2)
        .flat()
        .filter((level) => level < 1 || level > 3),
      [],
    );
  });

  it("find the one source that matters, and none where nothing varies", () => {
    const rows = orthogonalArray(5, 3);
    const one = varianceComponents(
      ["a", "b", "c"],
      rows,
      rows.map(([, b = 0]) => b),
    );
    assert.deepEqual(
      one?.sources.map(({ variance }) => variance > 1),
      [false, true, false],
    );
    close(one?.rest.variance, 0);
    const none = varianceComponents(
      ["a", "b", "c"],
      rows,
      rows.map(() => 0.1),
    );
    assert.ok(none?.sources.every(({ variance }) => variance < 1e-20));
    assert.equal(
      varianceComponents(["a", "b", "c", "d"], orthogonalArray(3, 4), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      null,
    );
  });
});
