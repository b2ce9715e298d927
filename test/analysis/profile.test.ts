// Where the time of a training step goes: what is counted, to which layer it belongs, and how it is shown.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { flameGraph } from "../../src/analysis/flame-graph.js";
import { phaseOf, sharesBy } from "../../src/analysis/step-profile.js";
import type { ProfiledNode } from "../../src/engine/profile-events.js";
import { loadExperiment, networkOf } from "../../src/experiment/load-experiment.js";
import { complexityOf } from "../../src/network/complexity.js";
import { readCsv } from "../../src/records/csv.js";
import { PROFILE_COLUMNS } from "../../src/records/report-tables.js";
import { start } from "../sweep/run-cli.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const BATCH = 8;
const EXPERIMENT = `name: p
dataset: { name: synthetic, size: 8, channels: 16, classes: 4 }
network: { stem: { filters: 16 }, stages: [{ block: basic, filters: 16 }, { block: basic, filters: 32 }], se: { r: 4 } }
training: { batchSize: ${BATCH}, optimizer: { name: sgd, learningRate: 0.1 } }
`;

const node = (more: Partial<ProfiledNode>): ProfiledNode => ({
  ...{ layer: "stem", kernel: "Conv2D", op: "Conv", seconds: 1, bytes: 10, operations: 6 },
  ...more,
});

describe("the profile of a training step", function () {
  this.timeout(60_000);

  it("has every node once, with its layer, and the multiply-adds of convolutions", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "p.yaml");
      writeFileSync(file, EXPERIMENT);
      const { code, output, errors } = await start(folder, "profile", "p.yaml", "--steps", "2", "--json")
        .ended;
      assert.equal(code, 0, errors);
      const found = JSON.parse(output) as {
        stepSeconds: number;
        phases: { share: number; name: string; seconds: number }[];
        limits: Record<string, number>;
      };
      assert.ok(found.stepSeconds > 0 && Object.values(found.limits).every((limit) => limit > 1e8));
      const sum = found.phases.reduce((total, { share }) => total + share, 0);
      assert.ok(Math.abs(sum - 1) < 1e-9);
      const rows = readCsv(join(folder, "p-profile", "profile.csv"), PROFILE_COLUMNS);
      assert.deepEqual(rows?.problems, []);
      const nodes = rows?.rows ?? [];
      const graph = networkOf(loadExperiment(file, []), {
        shape: { height: 8, width: 8, channels: 16 },
        classes: 4,
      });
      const convolutions = complexityOf(graph).layers.filter(({ op }) => op === "conv");
      for (const { name, macs } of convolutions)
        for (const kernel of ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"]) {
          // Nothing needs the gradient of the images.
          if (name === "stem" && kernel === "Conv2DBackpropInput") continue;
          const own = nodes.filter((one) => one.layer === name && one.kernel === kernel);
          const counted = own.reduce((total, { operations }) => total + (operations ?? 0), 0);
          if (kernel === "Conv2D") assert.equal(counted, 2 * BATCH * macs, name);
          // Gradients may compute some products with zeros.
          else
            assert.ok(
              counted >= 2 * BATCH * macs * 0.7,
              `${name} ${kernel}: ${counted} of ${2 * BATCH * macs}`,
            );
        }
      const updates = nodes.filter(({ phase }) => phase === "updates").map(({ layer }) => layer);
      for (const name of ["stage2.block1.conv2", "small-weights"])
        assert.ok(updates.includes(name), `updates of ${name}`);
      for (const { layer, kernel } of nodes)
        if (kernel?.startsWith("BatchNorm")) assert.match(layer ?? "", /\.bn$/);
      assert.match(readFileSync(join(folder, "p-profile", "profile.svg"), "utf8"), /stage1\.block1\.conv1/);
    }));

  it("adds nodes up by what they have in common", () => {
    const shares = sharesBy(
      [node({}), node({ layer: "head", seconds: 3, operations: 0 }), node({})],
      ({ layer }) => layer,
    );
    assert.deepEqual(shares, [
      { name: "head", nodes: 1, seconds: 3, share: 0.6, operationsPerSecond: 0, bytesPerSecond: 10 / 3 },
      { name: "stem", nodes: 2, seconds: 2, share: 0.4, operationsPerSecond: 6, bytesPerSecond: 10 },
    ]);
    assert.equal(phaseOf(node({ op: "Transpose" })), "conversions");
    assert.equal(phaseOf(node({ kernel: "BatchNormTrainGradient" })), "BatchNorm");
    assert.equal(phaseOf(node({ kernel: "Relu", op: "Relu" })), "element by element");
  });

  it("is drawn with the widths of what it contains", () => {
    const svg = flameGraph("a & b", [
      { path: ["x", "y"], seconds: 3 },
      { path: ["x", "z"], seconds: 1 },
      { path: ["w"], seconds: 4 },
    ]);
    const bars = Array.from(
      svg.matchAll(/<title>(.*?):.*?x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g),
      ([, name, x, y, width]) => [name, Number(x), Number(y) / 18, Number(width)],
    );
    assert.deepEqual(bars, [
      ["a &amp; b", 0, 0, 1200],
      ["x", 0, 1, 600],
      ["y", 0, 2, 450],
      ["z", 450, 2, 150],
      ["w", 600, 1, 600],
    ]);
  });
});
