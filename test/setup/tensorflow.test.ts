import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import { recordIn, TFJS_NODE } from "../../src/runtime/installed.js";
import { inTemporaryFolder } from "../temporary-folder.js";

interface Doctor {
  readonly auto: string;
  readonly engines: readonly {
    readonly backend: string;
    readonly device: string;
    readonly works: boolean;
    readonly reason?: string;
    readonly engine?: string;
    readonly stepMs?: number;
  }[];
}

function squeezebox(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [resolve("dist/src/cli.js"), ...words], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
}

describe("squeezebox setup tensorflow", function () {
  this.timeout(120_000);

  /** Runs the command with its folder below a temporary one. */
  const within = (folder: string, environment: Readonly<Record<string, string>> = {}) => {
    const own = join(folder, "tensorflow");
    const run = (...words: string[]) =>
      squeezebox(folder, words, { SQUEEZEBOX_TENSORFLOW: own, ...environment });
    const doctor = () => {
      const { status, stdout } = run("doctor", "--json");
      assert.equal(status, 0);
      const { auto, engines } = JSON.parse(stdout) as Doctor;
      return { auto, ...engines.find(({ backend }) => backend === "tensorflow") };
    };
    return { own, run, doctor };
  };

  it("names everything that is missing on this machine, and installs nothing", () =>
    inTemporaryFolder(async (folder) => {
      const { own, run } = within(folder, { PATH: join(folder, "empty"), PYTHON: "", CXX: "" });
      const { status, stderr } = run("setup", "tensorflow");
      assert.equal(status, 2);
      assert.match(stderr, /without Python .*; a C\+\+ compiler .*; make /);
      assert.ok(!existsSync(own));
    }));

  it("does not touch a folder that contains something else", () =>
    inTemporaryFolder(async (folder) => {
      const { own, run } = within(folder);
      mkdirSync(own);
      writeFileSync(join(own, "thesis.txt"), "");
      for (const words of [
        ["setup", "tensorflow"],
        ["setup", "tensorflow", "--remove"],
      ]) {
        const { status, stderr } = run(...words);
        assert.equal(status, 2);
        assert.match(stderr, /contains something else/);
      }
      assert.deepEqual(readdirSync(own), ["thesis.txt"]);
    }));

  it("leaves no installation behind if a step fails, and can remove the rest", () =>
    inTemporaryFolder(async (folder) => {
      // Whatever it is asked, this Python does nothing.
      const { own, run, doctor } = within(folder, { PYTHON: "true" });
      const { status, stderr } = run("setup", "tensorflow");
      assert.equal(status, 2);
      assert.match(stderr, /installing tensorflow-cpu==.* from PyPI failed .*setup\.log/);
      assert.ok(!existsSync(recordIn(own)));
      assert.match(doctor().reason ?? "", /`squeezebox setup tensorflow` installs it;/);
      assert.match(run("setup", "tensorflow", "--remove").stdout, /^removed /);
      assert.match(run("setup", "tensorflow", "--remove").stdout, /^there is nothing to remove/);
    }));

  it("is advised if what it has installed does not load any more", () =>
    inTemporaryFolder(async (folder) => {
      const { own, run, doctor } = within(folder);
      const addon = join(own, "node_modules", TFJS_NODE, "lib", "napi-v8");
      mkdirSync(addon, { recursive: true });
      writeFileSync(recordIn(own), JSON.stringify({ tensorflow: "2.21.0", gpu: false }));
      writeFileSync(join(addon, "tfjs_binding.node"), "not a library");
      const found = doctor();
      assert.equal(found.works, false);
      assert.match(
        found.reason ?? "",
        /tfjs-node does not load; `squeezebox setup tensorflow` installs it again/,
      );
      rmSync(join(addon, "tfjs_binding.node"));
      writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
      const { status, stderr } = run("train", "a.yaml", "--backend", "tensorflow");
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^--backend tensorflow needs TensorFlow: .* does not load; .* installs it again\n$/,
      );
    }));

  // On a machine with a GPU, TensorFlow does so where libraries of CUDA are missing.
  it("may crash when it is loaded: doctor says so, training with it stops, and auto takes another engine", function () {
    return inTemporaryFolder(async (folder) => {
      const { own, run, doctor } = within(folder);
      const addon = join(own, "node_modules", TFJS_NODE, "lib", "napi-v8");
      mkdirSync(addon, { recursive: true });
      writeFileSync(join(own, "node_modules", TFJS_NODE, "package.json"), '{ "version": "0.0.0" }');
      writeFileSync(recordIn(own), JSON.stringify({ tensorflow: "2.21.0", gpu: true }));
      const source =
        "#include <stdlib.h>\n__attribute__((constructor)) static void stop(void) { abort(); }\n";
      const words = ["-shared", "-fPIC", "-x", "c", "-", "-o", join(addon, "tfjs_binding.node")];
      if (spawnSync("cc", words, { input: source }).status !== 0) this.skip();
      const found = doctor();
      assert.deepEqual([found.works, found.auto], [false, "compiled"]);
      assert.match(found.reason ?? "", /crashed \(SIGABRT\)/);
      writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
      const { status, stderr } = run("train", "a.yaml", "--backend", "tensorflow");
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^--backend tensorflow does not work here: TensorFlow crashes .* --gpu` installs both\n$/,
      );
      const trained = run("train", "a.yaml");
      assert.equal(trained.status, 0);
      assert.match(trained.stdout, /^--backend auto uses compiled: the TensorFlow made for GPUs crashes\n/);
    });
  });
});

const EXPERIMENT = `name: a
dataset: { name: synthetic, size: 8, images: 64, validation: 16, test: 16 }
network:
  stem: { filters: 8 }
  se: { r: 4 }
  stages:
    - { block: basic, repeat: 1, filters: 8 }
    - { block: bottleneck, repeat: 1, filters: 4, stride: 2, groups: 2 }
training: { epochs: 2, batchSize: 16, optimizer: { name: sgd, learningRate: 0.01, momentum: 0.9 } }
`;

const VARIANTS = ["plain", "se-r2", "se-r4", "se-r8", "se-r16"];

describe("--backend tensorflow", function () {
  this.timeout(120_000);

  before(function () {
    if (isFound(findTensorFlow())) return;
    this.test?.parent?.eachTest((test) => {
      test.title += " (skipped: TensorFlow is not set up)";
    });
    this.skip();
  });

  it("returns the same numbers each time if they must be deterministic, also with two threads", () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(
        join(folder, "a.yaml"),
        EXPERIMENT.replace("epochs: 2", "deterministic: true, epochs: 2"),
      );
      const states = ["1", "2"].map((runs) => {
        const words = ["train", "a.yaml", "--backend", "tensorflow", "--threads", "2", "--runs", runs];
        const { status, stderr } = squeezebox(folder, words);
        assert.equal(status, 0, stderr);
        const run = join(folder, runs, "a", "seed-1");
        const { isRepeatable } = JSON.parse(readFileSync(join(run, "environment.json"), "utf8"));
        assert.equal(isRepeatable, true);
        return readFileSync(join(run, "checkpoint", "last.safetensors"));
      }) as [Buffer, Buffer];
      assert.deepEqual(...states);
    }));

  it("is what doctor has measured", () =>
    inTemporaryFolder(async (folder) => {
      const { status, stdout } = squeezebox(folder, ["doctor", "--json"]);
      assert.equal(status, 0);
      const { engines } = JSON.parse(stdout) as Doctor;
      for (const name of ["tensorflow", "tensorflow-eager"]) {
        const found = engines.find(({ backend }) => backend === name);
        assert.match(found?.engine ?? "", /^TensorFlow 2/);
        assert.ok((found?.stepMs ?? 0) > 0);
      }
    }));

  it("works in a newer Node than the one that has built it, which lacks functions that tfjs-node calls", function () {
    return inTemporaryFolder(async (folder) => {
      const inNode = (...words: string[]) =>
        spawnSync("npx", ["--yes", "--package=node@24.11.0", "--", "node", ...words], {
          cwd: folder,
          encoding: "utf8",
        });
      if (inNode("--version").stdout !== "v24.11.0\n") {
        if (this.test) this.test.title += " (skipped: the npm registry cannot be reached)";
        this.skip();
      }
      writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
      for (const backend of ["tensorflow", "tensorflow-eager"]) {
        const words = ["train", "a.yaml", "--backend", backend, "--runs", backend];
        const { status, stderr } = inNode(resolve("dist/src/cli.js"), ...words);
        assert.equal(status, 0, stderr);
      }
    });
  });

  it("trains the sweep of the README, with errors that differ less from the compiled engine's than seeds do", () =>
    inTemporaryFolder(async (folder) => {
      /** By variant and seed. */
      const errorsWith = (backend: string, seeds: readonly number[]) => {
        const flags = ["--backend", backend, "--seeds", seeds.join(), "--set", "training.epochs=1"];
        const words = ["sweep", resolve("configs/r-ablation.yaml"), ...flags, "--runs", backend];
        const { status, stderr } = squeezebox(folder, words);
        assert.equal(status, 0, stderr);
        return VARIANTS.map((variant) =>
          seeds.map((seed) => {
            const run = join(folder, backend, "r-ablation", variant, `seed-${seed}`);
            const { engine } = JSON.parse(readFileSync(join(run, "environment.json"), "utf8"));
            assert.equal(engine.startsWith("TensorFlow 2"), backend === "tensorflow");
            const rows: { test_error: string }[] = parse(readFileSync(join(run, "result.csv")), {
              columns: true,
            });
            return Number(rows[0]?.test_error);
          }),
        );
      };
      const found = errorsWith("tensorflow", [1, 2, 3]);
      const expected = errorsWith("compiled", [1]).flat();
      // A network that has learned nothing has an error of 0.9.
      assert.ok(Math.max(...found.flat()) < 0.4, `${found}`);
      const spread = Math.max(...found.map((errors) => Math.max(...errors) - Math.min(...errors)));
      for (const [index, [error = Number.NaN]] of found.entries())
        assert.ok(Math.abs(error - (expected[index] as number)) <= spread, `${found} and ${expected}`);
    })).timeout(900_000);

  it("trains as the compiled engine does", () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
      const backends = [["compiled"], ["tensorflow"], ["tensorflow", "--xla"], ["tensorflow-eager"]];
      const losses = backends.map((words) => {
        const runs = words.join("");
        const { status, stderr } = squeezebox(folder, [
          "train",
          "a.yaml",
          "--backend",
          ...words,
          "--runs",
          runs,
        ]);
        assert.equal(status, 0, stderr);
        const run = join(folder, runs, "a", "seed-1");
        const { engine } = JSON.parse(readFileSync(join(run, "environment.json"), "utf8"));
        assert.match(engine, words[0] === "compiled" ? /^ONNX Runtime/ : /^TensorFlow 2/);
        assert.equal(engine.includes("XLA"), words.includes("--xla"));
        const rows: Record<string, string>[] = parse(readFileSync(join(run, "epochs.csv")), {
          columns: true,
        });
        return rows.flatMap(({ train_loss, validation_loss }) => [
          Number(train_loss),
          Number(validation_loss),
        ]);
      }) as [number[], ...number[][]];
      const [expected, ...others] = losses;
      for (const found of others)
        for (const [index, loss] of found.entries())
          assert.ok(Math.abs(loss - (expected[index] as number)) < 1e-4, `${losses}`);
    }));
});
