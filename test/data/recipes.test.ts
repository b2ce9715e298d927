// docs/transforms.md: the recipes are valid, make images of the sizes that they name, and every transform is in the table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { shapeAfter } from "../../src/data/transforms/transforms.js";

const page = readFileSync("docs/transforms.md", "utf8");
const recipes = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, recipe]) => recipe as string);

describe("docs/transforms.md", () => {
  const SIZES = [
    [32, 32],
    [500, 224],
    [28, 28],
  ] as const;
  for (const [index, [from, to]] of SIZES.entries())
    it(`recipe ${index + 1} makes ${to}x${to} of ${from}x${from}`, () => {
      const dataset = `dataset:\n  name: synthetic\n${(recipes[index] as string).replace(/^/gm, "  ")}`;
      const network = "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }";
      const source = parseSource(`name: e\n${dataset}\n${network}\n`, "recipe.yaml");
      const checked = checkExperiment(longForm(source), "/here");
      assert.ok(checked.ok, JSON.stringify(checked));
      const { train, test } = checked.value.dataset.transforms;
      const [input, output] = [from, to].map((size) => ({ height: size, width: size, channels: 3 }));
      assert.ok(input);
      assert.deepEqual(shapeAfter(input, train), { shape: output });
      assert.deepEqual(shapeAfter(input, test), { shape: output });
    });

  it("has a recipe for each size, and every transform in its table", () => {
    assert.equal(recipes.length, SIZES.length);
    const { definitions } = JSON.parse(readFileSync("schemas/experiment.schema.json", "utf8")) as {
      definitions: Record<"transform" | "fixedTransform", { properties: object }>;
    };
    const names = (row: RegExp, column: number) =>
      page
        .split("\n")
        .filter((line) => row.test(line))
        .flatMap((line) => [...(line.split("|")[column] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const ROWS = /^\| (size|values|covering|policies)/;
    const fixed = Object.keys(definitions.fixedTransform.properties);
    assert.deepEqual(names(ROWS, 2).sort(), fixed.sort());
    const all = Object.keys(definitions.transform.properties);
    assert.deepEqual([...names(ROWS, 2), ...names(ROWS, 3)].sort(), all.sort());
  });
});
