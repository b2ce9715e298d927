// The package in another project: packed, installed from the file with the available npm, and used.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { inTemporaryFolder } from "./temporary-folder.js";

const EXPERIMENT = `
name: installed
dataset: { name: synthetic, size: 8, images: 32, validation: 16, test: 16 }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], se: { r: 4 } }
training: { epochs: 1, batchSize: 16 }
`;
const SWEEP = `
name: s
experiment: installed.yaml
variants: [{ name: plain, set: { network.se: off } }, { name: se }]
seeds: [1]
`;

/** A program that uses the package, with its types checked. */
const PROGRAM = `
import { type Comparison, type Experiment, compare, expand, load, sweep } from "squeezebox";
const experiment: Experiment = load("installed.yaml");
const { runs } = await expand("sweep.yaml");
const { finished } = await sweep("sweep.yaml");
const comparison: Comparison = compare(["runs/s"]);
declare const process: { stdout: { write(text: string): void } };
process.stdout.write(
  JSON.stringify([experiment.name, runs.length, finished, comparison.variants.map(({ variant }) => variant)]),
);
`;

/** Without the settings that npm passes from this repository's .npmrc to scripts, including this test. */
const { NODE_OPTIONS: _, ...ENVIRONMENT } = process.env;

function run(folder: string, program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    encoding: "utf8",
    env: ENVIRONMENT,
  });
  return { status, stdout, stderr };
}

function registryAnswers(): boolean {
  return (
    run(".", "npm", "view", "yaml", "version", "--fetch-retries=0", "--fetch-timeout=10000").status === 0
  );
}

describe("the package", function () {
  this.timeout(180_000);

  it("can be installed from its file into an empty project, and works there", async function () {
    if (!registryAnswers()) {
      if (this.test) this.test.title += " (skipped: the npm registry cannot be reached)";
      this.skip();
    }
    await inTemporaryFolder((folder) => {
      const packed = run(".", "npm", "pack", "--ignore-scripts", "--pack-destination", folder);
      assert.equal(packed.status, 0, packed.stderr);
      const [file = ""] = readdirSync(folder);
      writeFileSync(join(folder, "package.json"), "{}");
      const options = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
      const installed = run(folder, "npm", "install", ...options, `./${file}`);
      assert.equal(installed.status, 0, installed.stderr);
      assert.deepEqual(readdirSync(join(folder, "node_modules", "squeezebox")).sort(), [
        ...["LICENSE", "README.md", "configs", "dist", "docs", "package.json", "runs", "schemas"],
      ]);

      const squeezebox = (...words: string[]) => {
        const { status, stdout, stderr } = run(folder, "npx", "squeezebox", ...words);
        assert.equal(status, 0, stderr);
        return stdout;
      };
      assert.match(squeezebox("--help"), /^Usage: squeezebox/m);
      squeezebox("validate", "node_modules/squeezebox/configs/r-ablation.yaml");
      // The project has its own commits, which are not commits of Squeezebox.
      run(folder, "git", "init", "--quiet");
      const author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
      run(folder, "git", ...author, "commit", "--quiet", "--allow-empty", "--message", "a");
      writeFileSync(join(folder, "installed.yaml"), EXPERIMENT);
      writeFileSync(join(folder, "sweep.yaml"), SWEEP);
      const { test_error } = JSON.parse(squeezebox("train", "installed.yaml", "--json"));
      assert.equal(typeof test_error, "number");
      const environment = join(folder, "runs", "installed", "seed-1", "environment.json");
      assert.equal(JSON.parse(readFileSync(environment, "utf8")).commit, null);
      squeezebox("sweep", "sweep.yaml");
      writeFileSync(join(folder, "use.mts"), PROGRAM);
      const tsc = join(process.cwd(), "node_modules", ".bin", "tsc");
      const checked = run(
        folder,
        tsc,
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--strict",
        "--skipLibCheck",
        "--types",
        "",
        "use.mts",
      );
      assert.equal(checked.status, 0, checked.stdout);
      const used = run(folder, process.execPath, "use.mjs");
      assert.equal(used.status, 0, used.stderr);
      assert.deepEqual(JSON.parse(used.stdout), ["installed", 2, 2, ["plain", "se"]]);
      squeezebox("report", join("runs", "s"));
      assert.ok(readdirSync(join(folder, "runs", "s")).includes("report.html"));
    });
  });
});
