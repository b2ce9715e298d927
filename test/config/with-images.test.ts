// Mistakes that show only once the number of training images is known.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { stepsPerEpoch } from "../../src/data/batches.js";
import { buildChecked } from "../../src/experiment/build-checked.js";
import { checkWith } from "../../src/experiment/check.js";
import { quickOverrides } from "../../src/experiment/quick.js";

const TOP =
  "name: e\ndataset: { name: synthetic }\nnetwork: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\n";

/** `expected`: the code and the path of each mistake. */
function check(training: string, trainImages: number, ...expected: string[]): void {
  const located = longForm(parseSource(`${TOP}training: { ${training} }`, "e.yaml"));
  const checked = checkExperiment(located, ".");
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const input = { shape: { height: 8, width: 8, channels: 3 }, classes: 4, trainImages };
  const { diagnostics } = buildChecked({ experiment: checked.value, located, directory: "." }, input);
  assert.deepEqual(
    diagnostics.map(({ code, path }) => `${code} ${path.join(".")}`),
    expected,
  );
}

describe("an experiment whose training images have been counted", () => {
  it("has a whole batch if incomplete ones are left out", () => {
    check("dropLast: true, batchSize: 32", 31, "too-few-images training.batchSize");
    check("dropLast: true, batchSize: 32", 32);
    check("batchSize: 32", 31);
  });
  it("reaches all milestones, in order", () => {
    const schedule = (at: string) => `epochs: 4, batchSize: 32, schedule: { name: steps, at: [${at}] }`;
    // Four epochs of five steps.
    check(schedule("1, 6 steps, 50%, 19 steps"), 150);
    check(schedule("1, 6 steps, 20 steps"), 150, "unused-key training.schedule.at.2");
    check(schedule("1, 5 steps"), 150, "unordered training.schedule.at.1");
    check(schedule("5 steps, 1"), 150, "unordered training.schedule.at.1");
    check(schedule("5 steps, 1.5, 7 steps"), 150, "unordered training.schedule.at.2");
    // Of two batches each.
    check(`accumulate: 2, ${schedule("2, 7 steps, 11 steps")}`, 150);
    check(`accumulate: 2, ${schedule("12 steps")}`, 150, "unused-key training.schedule.at.0");
    // One step less without the last batch.
    check(`dropLast: true, ${schedule("15 steps")}`, 150);
    check(`dropLast: true, ${schedule("16 steps")}`, 150, "unused-key training.schedule.at.0");
  });
  it("has a batch under --quick, although the images are few", () => {
    const located = longForm(parseSource(`${TOP}training: { batchSize: 512, dropLast: true }`, "e.yaml"));
    const checked = checkWith(located, ".", quickOverrides(located));
    assert.ok(checked.ok);
    const { training } = checked.value.experiment;
    assert.equal(stepsPerEpoch(64, training), 1);
  });
  it("is not found wrong while the images have not been counted", () => {
    check("dropLast: true, batchSize: 32", 0);
    check("schedule: { name: steps, at: [1, 1 steps, 1000000 steps] }", 0);
  });
});
