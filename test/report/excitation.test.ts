import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { excitationRows, type GateValues, gateRow } from "../../src/report/excitation.js";

/** Four images, two channels: the first follows the class, the second does not. */
const GATE: GateValues = {
  gate: "g",
  channels: 2,
  values: Float32Array.of(0, 0.5, 0, 1, 1, 0.5, 1, 1),
  errorWithMean: 0.25,
};
const LABELS = [0, 0, 1, 1];

describe("excitation", () => {
  it("has mean and deviation by channel and class", () => {
    assert.deepEqual(excitationRows(GATE, LABELS, 2), [
      { gate: "g", channel: 0, class: 0, mean: 0, deviation: 0 },
      { gate: "g", channel: 0, class: 1, mean: 1, deviation: 0 },
      { gate: "g", channel: 1, class: 0, mean: 0.75, deviation: 0.25 },
      { gate: "g", channel: 1, class: 1, mean: 0.75, deviation: 0.25 },
    ]);
  });

  it("says how specific to classes and how saturated a gate is", () => {
    const row = gateRow(GATE, { labels: LABELS, classes: 2, error: 0.125 });
    assert.deepEqual(row, {
      gate: "g",
      channels: 2,
      mean: 0.625,
      saturated: 0.75,
      class_specificity: 0.5,
      error: 0.125,
      error_with_mean: 0.25,
    });
  });
});
