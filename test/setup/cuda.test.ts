import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { CUDA_LIBRARIES, hasDriver } from "../../src/runtime/cuda-libraries.js";
import { folderOf, recordIn, recordOf } from "../../src/runtime/installed.js";
import { onnxRuntimeVersion } from "../../src/runtime/onnx-runtime.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const EXPERIMENT = `name: a
dataset: { name: synthetic, size: 8, images: 32, validation: 16, test: 16 }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }
training: { epochs: 1, batchSize: 16 }
`;

/** The program with an ONNX Runtime of its own, beside which libraries can be put. */
function ownProgram(folder: string) {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync("node_modules"))
    if (name !== "onnxruntime-node" && !name.startsWith("."))
      symlinkSync(realpathSync(join("node_modules", name)), join(modules, name));
  cpSync("node_modules/onnxruntime-node", join(modules, "onnxruntime-node"), { recursive: true });
  cpSync("dist", join(folder, "dist"), { recursive: true });
  for (const name of ["package.json", "schemas"]) symlinkSync(resolve(name), join(folder, name));
  const libraries = join(modules, "onnxruntime-node", "bin", "napi-v6", process.platform, process.arch);
  // This machine may have links there.
  for (const name of CUDA_LIBRARIES) rmSync(join(libraries, name), { force: true });
  writeFileSync(join(folder, "a.yaml"), EXPERIMENT);
  const own = join(folder, "cuda");
  const run = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    spawnSync(process.execPath, [join(folder, "dist/src/cli.js"), ...words], {
      cwd: folder,
      env: { ...process.env, SQUEEZEBOX_CUDA: own, ...environment },
      encoding: "utf8",
    });
  return { own, libraries, run };
}

/** A library that has the name of the driver's, and nothing in it. Null if there is no compiler. */
function emptyDriver(folder: string): Readonly<Record<string, string>> | null {
  const words = ["-shared", "-fPIC", "-x", "c", "-", "-o", join(folder, "libcuda.so.1")];
  return spawnSync("cc", words, { input: "" }).status === 0 ? { LD_LIBRARY_PATH: folder } : null;
}

describe("squeezebox setup cuda", function () {
  this.timeout(120_000);

  before(function () {
    if (process.platform !== "linux" || process.arch !== "x64") this.skip();
  });

  it("is advised where there is a driver, and no library of ONNX Runtime for it", function () {
    return inTemporaryFolder(async (folder) => {
      const { run, libraries } = ownProgram(folder);
      const driver = emptyDriver(folder);
      if (driver === null) return this.skip();
      const train = (environment: Readonly<Record<string, string>>) => {
        const { status, stderr, stdout } = run(["train", "a.yaml", "--device", "cuda"], environment);
        assert.deepEqual([status, stdout], [2, ""]);
        return stderr;
      };
      assert.equal(
        train(driver),
        "--device cuda does not work here: ONNX Runtime's libraries for CUDA are needed; `squeezebox setup cuda` installs them\n",
      );
      if (!hasDriver())
        assert.equal(
          train({}),
          "--device cuda does not work here: an NVIDIA GPU and its driver (libcuda.so.1) are needed\n",
        );
      // Whatever is wrong with them, nobody sees what the loader says.
      for (const name of CUDA_LIBRARIES) writeFileSync(join(libraries, name), "not a library");
      assert.match(
        train(driver),
        /^--device cuda does not work here: ONNX Runtime cannot use the GPU: [^\n]*\n$/,
      );
      const { stdout, status } = run(["doctor", "--json"], driver);
      assert.equal(status, 0);
      const { engines } = JSON.parse(stdout) as { engines: { device: string; reason?: string }[] };
      assert.match(engines.find(({ device }) => device === "cuda")?.reason ?? "", /cannot use the GPU/);
    });
  });

  it("puts links to what is installed beside ONNX Runtime, and removes its own only", () =>
    inTemporaryFolder(async (folder) => {
      const { own, libraries, run } = ownProgram(folder);
      const packages = join(own, "venv", "lib", "python3.11", "site-packages", "onnxruntime", "capi");
      mkdirSync(packages, { recursive: true });
      for (const name of CUDA_LIBRARIES) writeFileSync(join(packages, name), name);
      writeFileSync(recordIn(own), JSON.stringify({ onnxruntime: onnxRuntimeVersion() }));
      const [shared, cuda] = CUDA_LIBRARIES.map((name) => join(libraries, name)) as [string, string];
      writeFileSync(shared, "put there by somebody");
      for (let time = 0; time < 2; time++) {
        const { status, stdout, stderr } = run(["setup", "cuda", "--json"]);
        if (!hasDriver()) assert.equal(status, 0, stderr);
        if (!hasDriver()) assert.match(JSON.parse(stdout).untried, /no driver of NVIDIA/);
        assert.equal(readlinkSync(cuda), join(packages, CUDA_LIBRARIES[1]));
        assert.equal(readFileSync(shared, "utf8"), "put there by somebody");
      }
      assert.match(run(["setup", "cuda", "--remove"]).stdout, /^removed /);
      assert.deepEqual([existsSync(own), existsSync(shared)], [false, true]);
      assert.equal(lstatSync(cuda, { throwIfNoEntry: false }), undefined);
      assert.match(run(["setup", "cuda", "--remove"]).stdout, /^there is nothing to remove/);
    }));

  it("replaces links to another folder, and repairs an installation that has lost its libraries", () =>
    inTemporaryFolder(async (folder) => {
      const { own, libraries, run } = ownProgram(folder);
      for (const name of CUDA_LIBRARIES)
        symlinkSync(
          join(folder, "gone/venv/lib/python3.11/site-packages/onnxruntime/capi", name),
          join(libraries, name),
        );
      const packages = join(own, "venv", "lib", "python3.11", "site-packages", "onnxruntime", "capi");
      mkdirSync(packages, { recursive: true });
      for (const name of CUDA_LIBRARIES) writeFileSync(join(packages, name), name);
      writeFileSync(recordIn(own), JSON.stringify({ onnxruntime: onnxRuntimeVersion() }));
      const { stderr } = run(["setup", "cuda"]);
      if (!hasDriver()) assert.equal(stderr, "");
      for (const name of CUDA_LIBRARIES)
        assert.equal(readlinkSync(join(libraries, name)), join(packages, name));
      rmSync(join(own, "venv"), { recursive: true });
      assert.match(
        run(["setup", "cuda"], { PYTHON: "true" }).stderr,
        /^installing onnxruntime-gpu .* failed /,
      );
    }));

  it("says what is missing, and installs nothing if a step fails", () =>
    inTemporaryFolder(async (folder) => {
      const { own, libraries, run } = ownProgram(folder);
      const missing = run(["setup", "cuda"], { PATH: join(folder, "empty"), PYTHON: "" });
      assert.equal(missing.status, 2);
      assert.match(missing.stderr, /^CUDA cannot be set up without Python 3\.11 to 3\.14 with venv/);
      assert.ok(!existsSync(own));
      // Whatever it is asked, this Python does nothing.
      const failed = run(["setup", "cuda"], { PYTHON: "true" });
      assert.equal(failed.status, 2);
      assert.match(failed.stderr, /^installing onnxruntime-gpu .* from PyPI failed .*setup\.log\n$/);
      assert.deepEqual(
        [existsSync(recordIn(own)), existsSync(join(libraries, CUDA_LIBRARIES[1]))],
        [false, false],
      );
      assert.match(run(["setup", "cuda", "--remove"]).stdout, /^removed /);
    }));

  it("rejects what cannot be set up", () =>
    inTemporaryFolder(async (folder) => {
      const { run } = ownProgram(folder);
      const { status, stderr } = run(["setup", "cude"]);
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^only `tensorflow` and `cuda` can be set up; found cude; did you mean `cuda`\?\n$/,
      );
      assert.equal(run(["setup", "cuda", "--gpu"]).status, 2);
    }));

  it("installs all that the library needs besides the driver, which finds it by itself", function () {
    if (recordOf("cuda") === null) {
      if (this.test) this.test.title += " (skipped: it is not set up)";
      this.skip();
    }
    return inTemporaryFolder(async (folder) => {
      const { libraries, run } = ownProgram(folder);
      const { stderr } = run(["setup", "cuda"], { SQUEEZEBOX_CUDA: folderOf("cuda") });
      if (!hasDriver()) assert.equal(stderr, "");
      const { stdout } = spawnSync("ldd", [join(libraries, CUDA_LIBRARIES[1])], { encoding: "utf8" });
      const lost = stdout.split("\n").filter((line) => line.includes("not found"));
      assert.ok(stdout.includes("libcublasLt.so.13 => "), stdout);
      assert.deepEqual(
        lost.filter((line) => !line.includes("libcuda.so.1")),
        [],
      );
    });
  });
});
