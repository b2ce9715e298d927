// What setup does to the folders into which it installs. Nothing is downloaded: the Python of these tests does nothing.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { recordIn } from "../../src/runtime/installed.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CLI = resolve("dist/src/cli.js");

interface Environment {
  readonly [name: string]: string;
}

function setUp(folder: string, words: readonly string[], environment: Environment = {}) {
  const env = { ...process.env, PYTHON: "true", ...environment };
  return spawnSync(process.execPath, [CLI, "setup", ...words], { cwd: folder, env, encoding: "utf8" });
}

/** A folder of cuda's with these files. */
function folderWith(folder: string, files: Readonly<Record<string, string>>) {
  const own = join(folder, "cuda");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(own, name, ".."), { recursive: true });
    writeFileSync(join(own, name), text);
  }
  return { own, run: (...words: string[]) => setUp(folder, ["cuda", ...words], { SQUEEZEBOX_CUDA: own }) };
}

describe("a folder into which setup installs", function () {
  this.timeout(60_000);

  before(function () {
    if (process.platform !== "linux" || process.arch !== "x64") this.skip();
  });

  for (const [name, files] of Object.entries({
    "somebody's files beside a log": { "thesis.txt": "", "setup.log": "" },
    "somebody's files beside a record": { "thesis.txt": "", "installed.json": '{ "onnxruntime": "1.0.0" }' },
    "the record of something else": { "installed.json": '{ "tensorflow": "2.21.0", "gpu": false }' },
    "a record that is none": { "installed.json": '{ "name": "other" }' },
  }))
    it(`is left alone if it contains ${name}`, () =>
      inTemporaryFolder(async (folder) => {
        const { own, run } = folderWith(folder, files);
        for (const words of [[], ["--remove"]]) {
          const { status, stderr } = run(...words);
          assert.equal(status, 2);
          assert.match(
            stderr,
            /^\S+ contains something else; remove it, or name another folder by SQUEEZEBOX_CUDA\n$/,
          );
        }
        assert.deepEqual(readdirSync(own).sort(), Object.keys(files).sort());
      }));

  it("keeps what was installed before if a new installation fails, or is killed", () =>
    inTemporaryFolder(async (folder) => {
      const files = {
        "installed.json": '{ "onnxruntime": "1.0.0" }',
        "venv/library": "of 1.0.0",
        "setup.log": "old",
      };
      const { own, run } = folderWith(folder, files);
      const check = () => {
        const { status, stderr } = run();
        assert.equal(status, 2);
        assert.match(stderr, /from PyPI failed/);
        assert.deepEqual(readdirSync(own).sort(), ["installed.json", "setup.log", "venv"]);
        assert.equal(readFileSync(join(own, "venv/library"), "utf8"), "of 1.0.0");
        assert.match(readFileSync(join(own, "setup.log"), "utf8"), /\$ true -m venv venv/);
      };
      check();
      // As a process leaves it that was killed.
      const before = folderWith(join(own, ".."), {});
      assert.equal(before.own, own);
      mkdirSync(join(own, "before"));
      spawnSync("mv", ["installed.json", "venv", "before"], { cwd: own });
      mkdirSync(join(own, "venv"));
      check();
    }));

  it("must not have a name that compilers and loaders misunderstand", () =>
    inTemporaryFolder(async (folder) => {
      for (const name of ["a b", "a:b", "a$ORIGIN"])
        for (const [what, variable] of [
          ["cuda", "SQUEEZEBOX_CUDA"],
          ["tensorflow", "SQUEEZEBOX_TENSORFLOW"],
        ] as const) {
          const { status, stderr } = setUp(folder, [what], { [variable]: join(folder, name) });
          assert.equal(status, 2);
          assert.match(
            stderr,
            /contains a space, a colon or a dollar sign; SQUEEZEBOX_\w+ names another folder\n$/,
          );
        }
      assert.deepEqual(readdirSync(folder), []);
    }));

  it("must be a folder, and can be named by a relative path", () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      symlinkSync(join(folder, "nowhere"), join(folder, "link"));
      for (const name of ["file", "file/below"]) {
        const { status, stderr } = setUp(folder, ["cuda"], { SQUEEZEBOX_CUDA: name });
        assert.equal(status, 2);
        assert.match(stderr, /^\/\S+ cannot be used \(.*\); SQUEEZEBOX_CUDA names another folder\n$/);
      }
      const { stderr } = setUp(folder, ["cuda"], { SQUEEZEBOX_CUDA: "below/cuda" });
      assert.match(stderr, /from PyPI failed/);
      assert.ok(existsSync(join(folder, "below/cuda/setup.log")));
    }));

  it("is used by one process at a time, which stops all that it has started", () =>
    inTemporaryFolder(async (folder) => {
      const own = join(folder, "cuda");
      const python = join(folder, "python");
      const script = `#!/bin/sh\n[ "$1" = -c ] && exit 0\nsleep 300 &\necho $! > "${folder}/started"\nwait\n`;
      writeFileSync(python, script, { mode: 0o755 });
      const environment = { SQUEEZEBOX_CUDA: own, PYTHON: python };
      const env = { ...process.env, ...environment };
      const first = spawn(process.execPath, [CLI, "setup", "cuda"], {
        env,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const errors: string[] = [];
      first.stderr.on("data", (text: Buffer) => errors.push(text.toString()));
      const started = join(folder, "started");
      while (!existsSync(started) || readFileSync(started, "utf8") === "") await wait(50);
      const second = setUp(folder, ["cuda"], environment);
      assert.equal(second.status, 2);
      assert.match(second.stderr, new RegExp(`^\\S+ is in use by process ${first.pid} `));
      const grandchild = Number(readFileSync(started, "utf8"));
      assert.ok(process.kill(grandchild, 0));
      first.kill("SIGINT");
      const [status] = await once(first, "exit");
      assert.equal(status, 2);
      assert.match(
        errors.join(""),
        /^interrupted while making a virtual environment; nothing has been set up\n$/,
      );
      const deadline = Date.now() + 5000;
      const isAlive = () => {
        try {
          return !/^State:\s+Z/m.test(readFileSync(`/proc/${grandchild}/status`, "utf8"));
        } catch {
          return false;
        }
      };
      while (isAlive() && Date.now() < deadline) await wait(50);
      assert.ok(!isAlive());
      assert.ok(!existsSync(recordIn(own)));
    }));
});
