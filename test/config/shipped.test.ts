import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "mocha";
import { parseSetFlag } from "../../src/config/override.js";
import { readSource } from "../../src/config/source.js";
import { isSweep } from "../../src/config/sweep.js";
import { describedFacts } from "../../src/experiment/dataset-facts.js";
import { warningOf } from "../../src/present/sentences.js";
import { expandSweep } from "../../src/sweep/expand.js";
import { loadSweep } from "../../src/sweep/load-sweep.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CLI = resolve("dist/src/cli.js");

const FILES = readdirSync("configs", { recursive: true, encoding: "utf8" })
  // Those in base/ are parts, which others extend.
  .filter((name) => name.endsWith(".yaml") && !name.startsWith("base"))
  .map((name) => join("configs", name));

/** Images like those of each folder's datasets, for which networks can be built without the data. */
const IMAGES: Readonly<Record<string, string>> = {
  cifar: "size: 32, classes: 10",
  medmnist: "size: 28, classes: 8",
  folder: "size: 32, classes: 9",
  fashion: "size: 28, channels: 1, classes: 10",
};

/** Networks of recipes, and those of the zoo that they are. */
const SAME_AS_IN_ZOO = [
  ["resnet-20", "plain", "cifar-resnet-20-a"],
  ["resnet-56", "plain", "cifar-resnet-56-a"],
  ["resnet-110", "plain", "cifar-resnet-110-a"],
  ["resnet-164", "plain", "cifar-resnet-164"],
  ["resnet-164", "se", "cifar-se-resnet-164"],
  ["wrn-16-8", "plain", "cifar-wrn-16-8"],
  ["wrn-16-8", "se", "cifar-se-wrn-16-8"],
] as const;

function expanded(file: string) {
  const images = IMAGES[file.split(/[\\/]/)[1] ?? ""];
  // Neither their data nor the runs that they start from need to be there.
  const overrides = [
    ...(images ? [parseSetFlag(`dataset={ name: synthetic, ${images} }`)] : []),
    parseSetFlag("from=none"),
  ];
  return expandSweep(
    loadSweep(file),
    overrides,
    describedFacts(() => {}),
  );
}

describe("the shipped configurations", () => {
  it("are valid without their data", () =>
    inTemporaryFolder((home) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "validate", "--json", ...FILES], {
        encoding: "utf8",
        env: { ...process.env, HOME: home, USERPROFILE: home },
      });
      assert.equal(stderr, "");
      const found = JSON.parse(stdout) as { file: string; valid: boolean }[];
      assert.deepEqual(
        found.filter(({ valid }) => !valid),
        [],
      );
      assert.deepEqual([status, found.map(({ file }) => file)], [0, FILES]);
    })).timeout(60_000);

  for (const file of FILES.filter((name) => isSweep(readSource(name))))
    it(`${file} has networks that fit its images, and enough seeds`, async () => {
      const sweep = await expanded(file);
      assert.equal(warningOf(sweep), null);
    });

  for (const [recipe, name, network] of SAME_AS_IN_ZOO)
    it(`${name} in ${recipe} is ${network}`, async () => {
      const { variants } = await expanded(`configs/cifar/${recipe}.yaml`);
      const { params, macs } = variants.find((variant) => variant.name === name)?.complexity ?? {};
      const row = readFileSync("test/golden/zoo.csv", "utf8")
        .split("\n")
        .find((line) => line.startsWith(`${network},`));
      assert.deepEqual([network, params?.trainable, params?.total, macs].join(), row?.replace(/,[^,]*$/, ""));
    });
});
