import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { excitationRows, type GateValues, gateRow } from "../../src/analysis/excitation.js";
import { excitationFigure } from "../../src/analysis/excitation-plots.js";

/** Four images and two channels, of which only the first depends on the class. */
const GATE: GateValues = {
  gate: "g",
  channels: 2,
  values: Float32Array.of(0, 0.5, 0, 1, 1, 0.5, 1, 1),
  errorWithMean: 0.25,
  changes: Int8Array.of(1, 1, -1, 0),
};
const LABELS = [0, 0, 1, 1];

describe("excitation", () => {
  it("consists of mean and deviation by channel and class", () => {
    assert.deepEqual(excitationRows(GATE, LABELS, ["a", "b"]), [
      { gate: "g", channel: 0, class: "a", mean: 0, deviation: 0 },
      { gate: "g", channel: 0, class: "b", mean: 1, deviation: 0 },
      { gate: "g", channel: 1, class: "a", mean: 0.75, deviation: 0.25 },
      { gate: "g", channel: 1, class: "b", mean: 0.75, deviation: 0.25 },
    ]);
  });

  it("measures class specificity, saturation and worth of a gate", () => {
    const row = gateRow(GATE, { labels: LABELS, classes: 2, error: 0.125 });
    assert.deepEqual(row, {
      gate: "g",
      channels: 2,
      mean: 0.625,
      saturated: 0.75,
      class_specificity: 0.5,
      error: 0.125,
      error_with_mean: 0.25,
      worth: 0.25,
      worth_low: 0.25 - (1.96 * Math.sqrt(0.6875)) / 2,
      worth_high: 0.25 + (1.96 * Math.sqrt(0.6875)) / 2,
    });
  });
});

describe("excitationFigure", () => {
  const rowsOf = (gate: string, channels: number, classes: number) =>
    Array.from({ length: channels * classes }, (_, index) => ({
      gate,
      channel: Math.floor(index / classes),
      class: `class ${index % classes}`,
      mean: 0.5 + 0.01 * (index % classes),
      deviation: 0,
    }));
  const check = async (channels: number, classes: number, [points, lines]: [number, number]) => {
    const gates = ["stage1.block1.se.gate", "stage1.block2.se.gate", "stage2.block1.se.gate"];
    const { svg } = await excitationFigure(gates.flatMap((gate) => rowsOf(gate, channels, classes)));
    assert.deepEqual(
      gates.map((gate) => svg.includes(`>${gate}<`)),
      [false, true, true],
    );
    const paths = Array.from(
      svg.matchAll(/aria-roledescription="line mark"[^>]* d="([^"]*)"/g),
      ([, d]) => d,
    );
    // Two panels, each with one line per class and one for all classes.
    assert.equal(paths.length, 2 * (lines + 1));
    for (const path of paths) assert.equal(path?.match(/[ML]/g)?.length, points);
  };

  it("has a panel for the last gate of each stage, with one line per class and one for all", () =>
    check(8, 3, [8, 3]));
  it("shows fifty channels if there are more, and four classes if there are more than ten", () =>
    check(120, 20, [50, 4]));
});
