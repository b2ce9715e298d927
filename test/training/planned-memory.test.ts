import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { memoryAdvice } from "../../src/commands/plan-memory.js";
import { liveBytes } from "../../src/compile/live-bytes.js";
import { createCompiledEngine } from "../../src/engine/compiled-engine.js";
import { machineBytes } from "../../src/runtime/memory.js";
import { OutOfMemoryError } from "../../src/runtime/out-of-memory.js";
import { expandFile } from "../../src/sweep/load-sweep.js";
import { traced } from "../compile/traced.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const SWEEP = (network: string, training: string, size: number) => `name: sweep
experiment:
  dataset: { name: synthetic, size: ${size}, channels: 3, images: 128, test: 128, validation: 128 }
  network: { stem: { filters: 32 }, stages: [${network}] }
  training: { epochs: 1, ${training} }
variants: [{ name: only }]
seeds: [1]
`;

const COMMAND = resolve("dist/src/cli.js");
/**
 * Prints the largest amount of memory that the process had, in kilobytes: where Linux says it, that of its program
 * alone, as the maximum of `resourceUsage` includes that of the process that started it.
 */
const MEASURING = `data:text/javascript,${encodeURIComponent(`
import { existsSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("exit", () => {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  console.error("peak", /VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
});`)}`;

describe("the planned memory of a run", function () {
  this.timeout(180_000);

  const check = (name: string, sweep: string) =>
    it(name, () =>
      inTemporaryFolder((folder) => {
        writeFileSync(join(folder, "sweep.yaml"), sweep);
        writeFileSync(
          join(folder, "train.yaml"),
          sweep.replace(/^experiment:\n/m, "").replace(/^ {2}|^variants.*\n|^seeds.*\n/gm, ""),
        );
        const run = (...words: string[]) => {
          const options = { cwd: folder, encoding: "utf8" } as const;
          const { stdout, stderr, status } = spawnSync(process.execPath, words, options);
          assert.equal(status, 0, stderr);
          return { stdout, stderr };
        };
        const planned = JSON.parse(run(COMMAND, "plan", "sweep.yaml", "--json").stdout);
        const words = ["train", "train.yaml", "--backend", "compiled", "--loaders", "0"];
        const { stderr } = run("--import", MEASURING, COMMAND, ...words);
        const measured = 1024 * Number(/peak (\d+)/.exec(stderr)?.[1]);
        const ratio = planned.memoryBytes / measured;
        assert.ok(ratio > 0.8 && ratio < 1.2, `${planned.memoryBytes} instead of ${measured}`);
      }),
    );
  check(
    "is about what a run with large images needs",
    SWEEP("{ block: inverted-bottleneck, repeat: 4, filters: 32, expansion: 4 }", "batchSize: 32", 64),
  );
  check(
    "is about what a run with many weights needs",
    SWEEP(
      "{ block: basic, repeat: 2, filters: 256, stride: 2 }, { block: basic, repeat: 2, filters: 512, stride: 2 }",
      "batchSize: 64, optimizer: { name: sgd, learningRate: 0.01 }",
      32,
    ),
  );

  it("tells sweeps whose runs do not fit beside each other how many do", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "sweep.yaml");
      const advised = async (batchSize: number, jobs: number) => {
        const text = SWEEP("{ block: basic, filters: 256 }", `batchSize: ${batchSize}`, 64);
        writeFileSync(file, text.replace("[1]", "[1, 2, 3, 4]").replace("images: 128", "images: 1200"));
        const { runs } = await expandFile(file, { set: [], quick: false }, () => {});
        return memoryAdvice(runs, { engine: { backend: "compiled", device: "cpu", threads: 1 }, jobs });
      };
      const gigabytes = machineBytes() / 1e9;
      // An image needs some 45 MB here.
      const half = Math.round((gigabytes / 2) * 22);
      assert.deepEqual(await advised(8, 4), []);
      assert.match((await advised(half, 4)).join(), /^4 runs at a time may need .*: --jobs [123]$/);
      assert.match(
        (await advised(4 * half, 1)).join(),
        /^a run may need [\d.]+ GB of memory, .* so it would be refused: lower training.batchSize/,
      );
    }));

  it("counts what is needed at the same time, and views once", () => {
    // x is an input, and y is a result. a and b are needed together, then b and c.
    const { graph } = traced(
      ["x 10", "a 10 = Relu x", "v 2x5 = Reshape a", "b 2x5 = Neg v", "c 2x5 = Add b b", "y 10 = Neg c"],
      ["y"],
    );
    assert.equal(liveBytes(graph), 2 * 40);
  });

  it("is refused before a program is made if there is less", async () => {
    const options = { device: "cpu", threads: 1, blocked: true } as const;
    const step = {
      inputs: { x: [1 << 26] },
      layers: [],
      run: ({ x }: Readonly<Record<string, tf.Tensor>>) => {
        const y = tf.exp(x as tf.Tensor);
        return { sum: tf.sum(tf.mul(y, tf.neg(y))) };
      },
    };
    const small = await createCompiledEngine({ ...options, memory: 1e9 });
    small.build(() => ({ state: new Map() }));
    await assert.rejects(small.compile(step), (error: unknown) => {
      assert.ok(error instanceof OutOfMemoryError);
      assert.match(error.predicted ?? "", /^about \d\.\d+ GB are needed, and there are 1\.00 GB$/);
      return true;
    });
    const large = await createCompiledEngine({ ...options, memory: 4e9 });
    large.build(() => ({ state: new Map() }));
    await large.compile(step);
    await large.dispose();
  });
});
