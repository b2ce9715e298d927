import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { inTemporaryFolder } from "../temporary-folder.js";
import { start } from "./run-cli.js";

const EXPERIMENT = `name: a
dataset: { name: synthetic, size: 8, images: 64, validation: 16, test: 16 }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }
training: { epochs: 1, batchSize: 16, optimizer: { name: sgd, learningRate: 0.01 } }
`;

describe("epochs of one backend", function () {
  this.timeout(180_000);

  const inRuns = (
    body: (folder: string, train: (backend: string, epochs: number) => Promise<string>) => Promise<void>,
  ) =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
      const run = join(folder, "runs", "a", "seed-1");
      await body(run, async (backend, epochs) => {
        const words = ["train", "a.yaml", "--backend", backend, "--set", `training.epochs=${epochs}`];
        const { code, errors } = await start(folder, ...words).ended;
        assert.equal(code, 0, errors);
        return readFileSync(join(run, "log.txt"), "utf8");
      });
    });

  it("are not continued by another one", () =>
    inRuns(async (_, train) => {
      await train("cpu", 1);
      assert.match(await train("compiled", 2), /^\S+ starts on ONNX Runtime/);
      assert.match(await train("cpu", 3), /^\S+ continues after the first 1 epochs of \.replaced/);
    }));

  it("are set aside while another one trains the run, and continued later", () =>
    inRuns(async (run, train) => {
      await train("cpu", 2);
      rmSync(join(run, "result.csv"));
      assert.match(await train("compiled", 2), /^\S+ starts on ONNX Runtime/);
      const aside = readdirSync(join(run, "..", ".replaced"));
      assert.match(String(aside), /^seed-1-[0-9a-f]{8}-cpu$/);
      rmSync(join(run, "result.csv"));
      assert.match(await train("cpu", 2), /^\S+ continues after the first 2 epochs of \.replaced/);
    }));
});
