// The program as users run it: exit codes, what it writes to stdout and stderr, JSON.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "mocha";

const CLI = fileURLToPath(new URL("../src/cli.js", import.meta.url));
const CONFIGS = resolve("configs");

const RESNET20 = `name: resnet20
dataset: { name: synthetic, size: 32, channels: 3, classes: 10 }
network:
  stem: { filters: 16, kernel: 3 }
  stages:
    - { block: basic, repeat: 3, filters: 16 }
    - { block: basic, repeat: 3, filters: 32, stride: 2 }
    - { block: basic, repeat: 3, filters: 64, stride: 2 }
`;
const SWEEP =
  "name: s\nexperiment: resnet20.yaml\nvariants: [{ name: a }, { name: b, set: { network.se: {} } }]\n";

const FILES: Readonly<Record<string, string>> = {
  "resnet20.yaml": RESNET20,
  "sweep.yaml": SWEEP,
  "typo.yaml": RESNET20.replace("filters: 16, kernel", "filtres: 16, kernel"),
  "sweep-typo.yaml": SWEEP.replace("network.se", "network.sse"),
  "syntax.yaml": "name: [",
  "empty.yaml": "",
  "list.yaml": "- 1",
  "circle.yaml": "a: &a [*a]",
  "zero.yaml": SWEEP.replace("resnet20.yaml", "/dev/zero"),
  "no-data.yaml": RESNET20.replace(/synthetic.*\}/, "idx, directory: none }"),
};

let folder = "";

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe("squeezebox", function () {
  this.timeout(60_000);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "squeezebox-cli-"));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  describe("the exit code and the first line of output", () => {
    const check = (command: string, status: number, stream: "stdout" | "stderr", start: string) => {
      const result = run(command.split(" ").filter(Boolean));
      assert.equal(result.status, status, result.stderr);
      assert.ok(result[stream].startsWith(start), result[stream]);
      assert.equal(result[stream === "stdout" ? "stderr" : "stdout"], "");
      assert.doesNotMatch(result.stderr, /^\s+at |node:internal|\.js:\d+/m, "no stack trace");
    };
    const TABLE: readonly (readonly [
      command: string,
      status: number,
      stream: "stdout" | "stderr",
      start: string,
    ])[] = [
      ["--help", 0, "stdout", "Usage: squeezebox"],
      ["validate --help", 0, "stdout", "Usage: squeezebox validate"],
      ["help train", 0, "stdout", "Usage: squeezebox train"],
      ["", 2, "stderr", "Usage: squeezebox"],
      ["valdate resnet20.yaml", 2, "stderr", "error: unknown command 'valdate'\n(Did you mean validate?)"],
      ["describe resnet20.yaml --jsn", 2, "stderr", "error: unknown option '--jsn'\n(Did you mean --json?)"],
      ["validate", 2, "stderr", "error: missing required argument"],
      ["validate resnet20.yaml", 0, "stdout", "resnet20.yaml: valid\n"],
      ["--version", 0, "stdout", "0."],
      ["completion tcsh", 2, "stderr", "the shell must be one of bash, zsh, fish; found tcsh"],
      [
        "validate sweep.yaml",
        0,
        "stdout",
        "sweep.yaml: valid (2 variants, 6 runs)\n  With 3 seeds the smallest possible p is 0.25, so no difference can be significant; at least 6 seeds are needed.\n",
      ],
      ["validate typo.yaml", 2, "stderr", "typo.yaml:4:11 error "],
      ["validate sweep-typo.yaml", 2, "stderr", "sweep-typo.yaml:3:43 error "],
      ["validate syntax.yaml", 2, "stderr", "syntax.yaml:1:8 error "],
      ["validate empty.yaml", 2, "stderr", "empty.yaml:1:1 error "],
      ["validate list.yaml", 2, "stderr", "list.yaml:1:1 error "],
      ["validate circle.yaml", 2, "stderr", "circle.yaml:1:8 error "],
      ["validate none.yaml", 2, "stderr", "cannot read none.yaml: there is no such file\n"],
      ["validate .", 2, "stderr", "cannot read .: "],
      ["validate /dev/zero", 2, "stderr", "cannot read /dev/zero: it is not a regular file\n"],
      [
        "validate zero.yaml",
        2,
        "stderr",
        "zero.yaml:2:13 error cannot read the experiment `/dev/zero`: it is not a",
      ],
      ["validate no-data.yaml", 0, "stdout", "no-data.yaml: valid, but not all could be checked"],
      ["train no-data.yaml", 2, "stderr", "there is no folder "],
      ["describe resnet20.yaml", 0, "stdout", " part "],
      ["describe sweep.yaml", 2, "stderr", "sweep.yaml is a sweep"],
      ["describe typo.yaml", 2, "stderr", "typo.yaml:4:11 error "],
      ["describe none.yaml", 2, "stderr", "cannot read none.yaml"],
      ["describe resnet20.yaml --set seed", 2, "stderr", "--set:1:1 error "],
      ["describe resnet20.yaml --set seed=x", 2, "stderr", "--set:1:6 error "],
      ["describe resnet20.yaml --input 32x32", 2, "stderr", "--input must be HEIGHTxWIDTHxCHANNELS"],
      ["describe resnet20.yaml --classes ten", 2, "stderr", "--classes must be a whole number"],
      ["plan resnet20.yaml", 2, "stderr", "resnet20.yaml is an experiment"],
      ["plan sweep-typo.yaml", 2, "stderr", "sweep-typo.yaml:3:43 error "],
      ["plan sweep.yaml --jobs 0", 2, "stderr", "--jobs must be a whole number"],
      [
        "train resnet20.yaml --runs /proc/none",
        2,
        "stderr",
        "ENOENT: no such file or directory, mkdir '/proc/none",
      ],
      ["train typo.yaml", 2, "stderr", "typo.yaml:4:11 error "],
      ["train resnet20.yaml --backend gpu", 2, "stderr", "--backend must be one of"],
      ["sweep resnet20.yaml", 2, "stderr", "resnet20.yaml is an experiment"],
      ["sweep sweep-typo.yaml", 2, "stderr", "sweep-typo.yaml:3:43 error "],
      ["compare none", 2, "stderr", ""],
    ];
    for (const [command, status, stream, start] of TABLE)
      it(command || "(nothing)", () => check(command, status, stream, start));
  });

  describe("all mistakes in a sweep", () => {
    it("are reported at once", () => {
      const text = `${SWEEP.replace("network.se", "network.see")}seeds: [1, 1]\ncompare: { metric: test_eror, baseline: plane }\n`;
      writeFileSync(join(folder, "many.yaml"), text);
      const { status, stderr } = run(["validate", "many.yaml"]);
      const codes = [...stderr.matchAll(/\[([a-z-]+)\]\n/g)].map(([, code]) => code);
      assert.deepEqual(
        [status, codes],
        [2, ["unknown-key", "duplicate-value", "not-allowed", "unknown-variant"]],
      );
    });
  });

  describe("a pipe instead of a file", () => {
    it("is rejected without waiting for input", function () {
      if (spawnSync("mkfifo", [join(folder, "pipe.yaml")]).status !== 0) this.skip();
      writeFileSync(join(folder, "piped.yaml"), SWEEP.replace("resnet20.yaml", "pipe.yaml"));
      for (const file of ["pipe.yaml", "piped.yaml"]) {
        const { status, stderr } = run(["validate", file]);
        assert.equal(status, 2);
        assert.match(stderr, /it is not a regular file/);
      }
    });
  });

  describe("init", () => {
    it("writes a valid experiment and sweep, and never overwrites them", () => {
      assert.equal(run(["init", "lab"]).status, 0);
      const validated = run(["validate", "lab/experiment.yaml", "lab/sweep.yaml"]);
      assert.deepEqual([validated.status, validated.stderr], [0, ""]);
      assert.doesNotMatch(validated.stdout, /can be significant/);
      const text = readFileSync(join(folder, "lab", "sweep.yaml"), "utf8");
      const schema = /\$schema=(\S+)/.exec(text)?.[1] as string;
      assert.ok(existsSync(join(folder, "lab", schema)), schema);
      writeFileSync(join(folder, "lab", "sweep.yaml"), "mine");
      const again = run(["init", "lab"]);
      assert.deepEqual([again.status, again.stdout], [2, ""]);
      assert.match(again.stderr, /already exist; nothing was written/);
      assert.equal(readFileSync(join(folder, "lab", "sweep.yaml"), "utf8"), "mine");
    });
    it("checks the given data", () => {
      const { status, stderr } = run(["init", "other", "--data", "nowhere"]);
      assert.deepEqual([status, existsSync(join(folder, "other"))], [2, false]);
      assert.match(stderr, /there is no file or folder nowhere/);
    });
    for (const [data, name] of [
      ["images", "folder"],
      ["parquet", "parquet"],
      ["medmnist.npz", "npz"],
      ["cifar-10-binary.tar.gz", "cifar10"],
      ["cifar-100-binary.tar.gz", "cifar100"],
    ] as const)
      it(`recognises a dataset of the kind ${name}`, () => {
        const { status, stderr } = run(["init", name, "--data", resolve("test/golden", data)]);
        assert.deepEqual([status, stderr], [0, ""]);
        assert.match(
          readFileSync(join(folder, name, "experiment.yaml"), "utf8"),
          new RegExp(`name: ${name}\n`),
        );
        const validated = run(["validate", `${name}/experiment.yaml`, `${name}/sweep.yaml`]);
        assert.equal(validated.status, 0, validated.stderr);
      });
  });

  describe("completion", () => {
    const complete = (...words: string[]) => {
      const script = run(["completion", "bash"]).stdout;
      const list = words.map((word) => `"${word}"`).join(" ");
      const line = `${script}\nCOMP_WORDS=(squeezebox ${list}); COMP_CWORD=${words.length}; _squeezebox; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" }).stdout.trim().split(" ");
    };
    it("completes commands, flags and files in bash", () => {
      assert.deepEqual(complete("re"), ["report"]);
      assert.ok(complete("").includes("sweep"));
      assert.deepEqual(complete("sweep", "--ten"), ["--tensorboard"]);
      assert.deepEqual(complete("train", "resn"), ["resnet20.yaml"]);
      assert.deepEqual(complete("data", "fe"), ["fetch"]);
      assert.deepEqual(complete("data", "fetch", "--t"), ["--to"]);
    });
    for (const [shell, words] of [
      ["zsh", /compdef _squeezebox squeezebox/],
      ["fish", /complete -c squeezebox .*-a sweep/],
    ] as const)
      it(`prints a script for ${shell}`, () => assert.match(run(["completion", shell]).stdout, words));
  });

  describe("plan", () => {
    it("warns if there are too few seeds for a significant result", () => {
      assert.match(
        run(["plan", "sweep.yaml"]).stdout,
        /no difference can be significant; at least 6 seeds are needed/,
      );
      assert.doesNotMatch(run(["plan", "sweep.yaml", "--seeds", "1-6"]).stdout, /can be significant/);
    });
    it("does not warn about the included sweeps", () => {
      const sweeps = [
        "r-ablation",
        "equal-cost",
        "paper/gate",
        "paper/placement",
        "paper/reduction",
        "paper/squeeze",
        "paper/stage",
      ];
      const { stdout } = run(["validate", ...sweeps.map((name) => join(CONFIGS, `${name}.yaml`))]);
      assert.equal(stdout.match(/: valid \(/g)?.length, sweeps.length);
      assert.doesNotMatch(stdout, /can be significant/);
    });
  });

  describe("doctor", function () {
    this.timeout(180_000);

    /** Of Vulkan; a software driver comes with Debian's chromium. */
    const NO_DRIVER = { VK_ICD_FILENAMES: "/nowhere.json", VK_DRIVER_FILES: "/nowhere.json" };
    const SOFTWARE = "/usr/lib/chromium/vk_swiftshader_icd.json";

    it("hides what libraries print, measures a step, and fits 80 columns", () => {
      const { status, stdout, stderr } = run(["doctor"], { COLUMNS: "80", ...NO_DRIVER });
      assert.deepEqual([status, stderr], [0, ""]);
      assert.match(stdout, /compiled +\d[\d.]+ +ONNX Runtime/);
      assert.match(stdout, /--device webgpu +- +a GPU and its driver/);
      assert.match(stdout, /--backend auto uses compiled: no TensorFlow/);
      assert.ok(
        stdout.split("\n").every((line) => line.length <= 80),
        stdout,
      );
    });

    it("measures WebGPU where there is a driver", function () {
      if (!existsSync(SOFTWARE)) this.skip();
      const { stdout } = run(["doctor"], { VK_ICD_FILENAMES: SOFTWARE });
      assert.match(stdout, /--device webgpu +\d[\d.]+ +ONNX Runtime/);
    });
  });

  describe("colours", () => {
    const colours = (env: NodeJS.ProcessEnv) =>
      run(["validate", "typo.yaml"], env).stderr.includes("\u001b[31m");
    it("are for terminals, or on request", () => {
      assert.equal(colours({}), false);
      assert.equal(colours({ FORCE_COLOR: "1" }), true);
      assert.equal(colours({ FORCE_COLOR: "0" }), false);
      assert.equal(colours({ FORCE_COLOR: "1", NO_COLOR: "1" }), true);
    });
  });

  describe("validate", () => {
    it("accepts the included configurations", () => {
      const files = ["r-ablation", "fashion/se-resnet20", "mnist/se-resnet50", "mnist/se-resnet8"];
      const { status, stderr } = run(["validate", ...files.map((name) => join(CONFIGS, `${name}.yaml`))]);
      assert.deepEqual([status, stderr], [0, ""]);
    });

    it("--json lists every file with its mistakes", () => {
      const { status, stdout } = run(["validate", "--json", "resnet20.yaml", "typo.yaml", "none.yaml"]);
      assert.equal(status, 2);
      const [right, typo, none] = JSON.parse(stdout);
      assert.deepEqual(right, { file: "resnet20.yaml", valid: true, diagnostics: [] });
      assert.deepEqual([typo.file, typo.valid], ["typo.yaml", false]);
      assert.deepEqual(
        typo.diagnostics.map(({ message, ...rest }: { message: string }) => ({
          ...rest,
          said: message.length > 0,
        })),
        [
          {
            code: "unknown-key",
            path: ["network", "stem", "filtres"],
            file: "typo.yaml",
            line: 4,
            column: 11,
            said: true,
          },
        ],
      );
      assert.deepEqual([none.file, none.valid, typeof none.problem], ["none.yaml", false, "string"]);
    });

    it("a mistake in one file does not hide the next file", () => {
      const { status, stdout, stderr } = run(["validate", "typo.yaml", "resnet20.yaml"]);
      assert.deepEqual(
        [status, stdout, stderr.includes("typo.yaml:4:11")],
        [2, "resnet20.yaml: valid\n", true],
      );
    });

    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }, {}])
      it(`no colours in a pipe, with ${JSON.stringify(env)}`, () => {
        assert.ok(!run(["validate", "typo.yaml"], env).stderr.includes("\u001b"));
      });
  });

  describe("describe --json", () => {
    const check = (args: readonly string[], trainable: number) => {
      const { status, stdout, stderr } = run(["describe", "--json", ...args]);
      assert.equal(status, 0, stderr);
      const description = JSON.parse(stdout);
      assert.deepEqual(Object.keys(description), ["name", "params", "macs", "activations", "layers"]);
      const { params, macs, activations, layers } = description;
      assert.equal(params.trainable, trainable);
      const sum = (pick: (layer: typeof description) => number) =>
        layers.reduce((total: number, layer: typeof description) => total + pick(layer), 0);
      assert.deepEqual(
        [
          sum((layer) => layer.params.trainable),
          sum((layer) => layer.params.total),
          sum((layer) => layer.macs),
        ],
        [params.trainable, params.total, macs],
      );
      assert.equal(
        sum((layer) => layer.activations),
        activations,
      );
    };
    const TABLE: Readonly<Record<string, readonly [args: readonly string[], trainable: number]>> = {
      "ResNet-20": [["resnet20.yaml"], 272474],
      "SE-ResNet-20": [["resnet20.yaml", "--set", "network.se.r=16"], 274847],
      "ResNet-20 with zero-padded shortcuts": [
        ["resnet20.yaml", "--set", "network.shortcut=zero-pad"],
        269722,
      ],
      "SE-ResNet-50 of the walkthrough": [[join(CONFIGS, "mnist/se-resnet50.yaml")], 26079802],
      "another input and number of classes": [
        ["resnet20.yaml", "--input", "28x28x1", "--classes", "2"],
        272474 - 9 * 2 * 16 - 65 * 8,
      ],
    };
    for (const [name, [args, trainable]] of Object.entries(TABLE)) it(name, () => check(args, trainable));
  });

  it("accepts a network that is not among the included configurations: ResNet-D stem, ECA in stage 3 only, SE with r = 4 in stage 4", () => {
    const folder = mkdtempSync(join(tmpdir(), "squeezebox-"));
    const stage = (filters: number, more: string) =>
      `    - { block: bottleneck, filters: ${filters}, stride: 2${more} }`;
    const text = [
      "name: own",
      "dataset: { name: synthetic, size: 32, images: 32, validation: 16, test: 16 }",
      "network:",
      "  stem: { convs: [{ filters: 8, stride: 2 }, { filters: 8 }, { filters: 16 }] }",
      "  stages:",
      stage(8, ""),
      stage(8, ""),
      stage(16, ", attention: { type: eca }"),
      stage(16, ", se: { r: 4 }"),
      "training: { epochs: 1, batchSize: 16 }",
    ].join("\n");
    writeFileSync(join(folder, "own.yaml"), text);
    const own = (words: string[]) =>
      spawnSync(process.execPath, [CLI, ...words], { cwd: folder, encoding: "utf8" });
    const described = own(["describe", "own.yaml"]);
    assert.match(described.stdout, /stage3 .*ECA\] \/2.*\n stage4 .*SE r = 4\] \/2/);
    const trained = own(["train", "own.yaml", "--json"]);
    assert.equal(trained.status, 0, trained.stderr);
    const result = JSON.parse(trained.stdout) as { test_error: unknown; test_errors_by_class: unknown };
    assert.deepEqual(
      [typeof result.test_error, Array.isArray(result.test_errors_by_class)],
      ["number", true],
    );
    rmSync(folder, { recursive: true });
  });
});
