// Runs that start from the weights of others: which weights they take, and which runs they can start from.

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { readTensors } from "../../src/records/safetensors.js";
import { isWeight } from "../../src/training/state-names.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { logOf, planOf, statuses } from "./results.js";
import { start } from "./run-cli.js";

const EXPERIMENT = {
  dataset: { name: "synthetic", size: 8, images: 64, test: 32, validation: 32 },
  network: { stem: { filters: 4 }, stages: [{ block: "basic", filters: 4 }] },
  training: { epochs: 1, batchSize: 16, optimizer: { name: "sgd", learningRate: 0.05 } },
};

async function sweep(
  folder: string,
  name: string,
  variants: readonly object[],
  { code = 0, seeds = [1, 2], words = [] as readonly string[] } = {},
): Promise<string> {
  const text = JSON.stringify({ name, experiment: EXPERIMENT, variants, seeds });
  writeFileSync(join(folder, `${name}.yaml`), text);
  const ended = await start(folder, "sweep", `${name}.yaml`, ...words).ended;
  assert.equal(ended.code, code, ended.errors);
  return ended.errors;
}

/** The weights after the last epoch, without what belongs to the optimizer. */
function weightsOf(folder: string, run: string): ReadonlyMap<string, Float32Array> {
  const file = join(folder, "runs", run, "checkpoint", "last.safetensors");
  const tensors = Array.from(readTensors(file)?.tensors ?? []);
  return new Map(tensors.flatMap(([name, { values }]) => (isWeight(name) ? [[name, values] as const] : [])));
}

const FROM = { from: "runs/pre/plain" };

describe("a run that starts from another one", function () {
  this.timeout(120_000);

  it("takes the weights of the run with the same seed, and keeps those that are frozen", () =>
    inTemporaryFolder(async (folder) => {
      await sweep(folder, "pre", [{ name: "plain" }]);
      await sweep(folder, "post", [
        { name: "frozen", set: { ...FROM, "network.freeze": ["**", "!head"] } },
        { name: "gates", set: { ...FROM, "network.se": { r: 2 }, "network.freeze": ["**", "!**.se"] } },
        { name: "one", set: { from: "runs/pre/plain/seed-2", "network.freeze": ["**", "!head"] } },
        { name: "head", set: { ...FROM, "network.head": { hidden: 3 }, "network.freeze": ["**", "!head"] } },
      ]);
      for (const seed of [1, 2]) {
        const before = weightsOf(folder, `pre/plain/seed-${seed}`);
        for (const variant of ["frozen", "gates", "head"]) {
          const after = weightsOf(folder, `post/${variant}/seed-${seed}`);
          for (const [name, values] of before)
            if (!name.startsWith("head.")) assert.deepEqual(after.get(name), values, `${variant} ${name}`);
          const isFrozen = variant === "gates";
          if (variant !== "head")
            assert.equal(
              after.get("head.classifier/kernel")?.join() === before.get("head.classifier/kernel")?.join(),
              isFrozen,
            );
        }
        assert.deepEqual(
          weightsOf(folder, `post/one/seed-${seed}`).get("stem/kernel"),
          weightsOf(folder, "pre/plain/seed-2").get("stem/kernel"),
        );
      }
      const post = join(folder, "runs", "post");
      assert.match(logOf(post, "frozen/seed-1"), /takes 17 of 17 weights from .*pre[\\/]plain[\\/]seed-1\n/);
      assert.match(
        logOf(post, "gates/seed-1"),
        /anew: stage1\.block1\.se\.reduce, stage1\.block1\.se\.expand\n/,
      );
      assert.match(logOf(post, "head/seed-1"), /anew: head\.hidden, head\.classifier\n/);
      assert.match(
        readFileSync(join(post, "frozen/seed-1/config.yaml"), "utf8"),
        /fingerprint: [0-9a-f]{32}\n/,
      );
      // Trained runs can be looked at without those that they started from.
      rmSync(join(folder, "runs", "pre"), { recursive: true });
      const { code, errors } = await start(folder, "excite", "runs/post/gates/seed-1").ended;
      assert.equal(code, 0, errors);
    }));

  it("is identified by the run that it starts from, wherever that is", () =>
    inTemporaryFolder(async (folder) => {
      await sweep(folder, "pre", [{ name: "plain" }], { seeds: [1, 2, 3] });
      cpSync(join(folder, "runs/pre/plain"), join(folder, "copy"), { recursive: true });
      await sweep(folder, "post", [
        { name: "here", set: FROM },
        { name: "copied", set: { from: "copy" } },
        { name: "other", set: { from: "runs/pre/plain/seed-3" } },
      ]);
      const plan = planOf(join(folder, "runs/post"));
      const fingerprints = (variant: string) =>
        plan.filter((row) => row.variant === variant).map((row) => row.fingerprint);
      assert.deepEqual(fingerprints("copied"), fingerprints("here"));
      assert.equal(new Set([...fingerprints("here"), ...fingerprints("other")]).size, 4);
      assert.deepEqual(new Set(Object.values(statuses(join(folder, "runs/post")))), new Set(["finished"]));
    }));

  it("is refused, with the place in the file, if that run is missing, another one, or of another network", () =>
    inTemporaryFolder(async (folder) => {
      await sweep(folder, "pre", [{ name: "plain" }], { seeds: [1] });
      const refused = async (set: object, pattern: RegExp, seeds = [1]) => {
        const errors = await sweep(folder, "post", [{ name: "a", set }], { code: 2, seeds });
        assert.match(errors, pattern);
        assert.match(errors, /post\.yaml:1:\d+/);
      };
      await refused({ from: "runs/pre/plane" }, /there is no folder .*plane/);
      await refused(
        FROM,
        /no run with seed 7 has finished in .*; the seeds of those that have are 1\n| 1 \[/,
        [7],
      );
      await refused(
        { from: { run: "runs/pre/plain", fingerprint: "0".repeat(32) } },
        /is another one: its fingerprint is/,
      );
      await refused(
        { ...FROM, "network.stem.filters": 8 },
        /stem\/kernel is 3x3x3x8 in this network, but 3x3x3x4/,
      );
      const { code, output } = await start(folder, "validate", "post.yaml").ended;
      assert.equal(code, 2, output);
      await refused(
        { ...FROM, "network.head": { hidden: 3 }, "network.freeze": ["head"] },
        /head\.hidden, head\.classifier would start anew and be frozen.*except them: "!head\.hidden", "!head\.classifier"/,
      );
      // A sweep that would replace what it starts from moves nothing.
      const own = await sweep(folder, "pre", [{ name: "plain", set: { from: "runs/pre/plain" } }], {
        code: 2,
        seeds: [1],
      });
      assert.match(own, /would be replaced by this sweep, which starts from it/);
      writeFileSync(join(folder, "runs/pre/plain/seed-1/result.csv"), "");
      await refused(FROM, /is not a finished run/);
      const unchecked = await start(folder, "validate", "post.yaml").ended;
      assert.equal(unchecked.code, 0, unchecked.errors);
      assert.match(unchecked.output, /valid, but not all could be checked: cannot start from this run/);
    }));
});
