// The kernels on blocks of 8 channels, as on processors without AVX-512, on one that has it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "mocha";
import { inTemporaryFolder } from "../temporary-folder.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Why AVX-512 cannot be hidden here; null if it can. */
function whyNot(): string | null {
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  if (!flags.includes("avx512f")) return "there is no AVX-512 to hide";
  if (!flags.includes("cpuid_fault")) return "CPUID cannot fault";
  return spawnSync("cc", ["--version"]).status === 0 ? null : "there is no C compiler";
}

describe("with AVX-512 hidden", () => {
  it("the blocked kernels agree with eager ones", async function () {
    const reason = whyNot();
    if (reason !== null) {
      console.log(`blocks of 8 channels are not tested: ${reason}`);
      this.skip();
    }
    this.timeout(600_000);
    await inTemporaryFolder((folder) => {
      const library = join(folder, "without-avx512.so");
      const source = join(ROOT, "test/without-avx512.c");
      const made = spawnSync("cc", ["-O1", "-shared", "-fPIC", source, "-o", library, "-ldl"]);
      assert.equal(made.status, 0, String(made.stderr));
      const run = (...args: string[]) => {
        const env = { ...process.env, LD_PRELOAD: library, ENGINES: "blocked" };
        const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env });
        return { status, text: `${stdout}${stderr}` };
      };
      const probe = "console.log(await (await import(process.argv[1])).probeBlockSize())";
      const found = run(
        "--input-type=module",
        "-e",
        probe,
        join(ROOT, "dist/src/compile/onnx/block-size.js"),
      );
      assert.equal(found.text.trim(), "8");
      const kernels = run(
        "node_modules/mocha/bin/mocha.js",
        "--timeout",
        "60000",
        "dist/test/compile/kernels.test.js",
      );
      assert.equal(kernels.status, 0, kernels.text);
      assert.match(kernels.text, /\d{3} passing/);
    });
  });
});
