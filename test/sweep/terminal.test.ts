// What people see of training in a terminal of 80 columns.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, it } from "mocha";
import { inTemporaryFolder } from "../temporary-folder.js";
import { shellWords, writeSweepFile } from "./run-cli.js";

/** `script` of util-linux runs a command in a pseudo-terminal. */
const HAS_SCRIPT =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

describe("in a terminal of 80 columns", function () {
  this.timeout(180_000);

  /** The lines of output, without colours and cursor movements. */
  const watch = (folder: string, ...words: string[]): string[] => {
    const command = `stty cols 80 rows 24; ${shellWords(...words)}`;
    const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, TERM: "xterm" },
    });
    assert.equal(status, 0, stdout);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: cursor movements start a new line
    return stdout.split(/\r|\n|\u001b\[\d*[A-GJK]/).map((line) => stripVTControlCharacters(line).trimEnd());
  };

  it("bars show the name, epoch and error of a run, and tables fit", async function () {
    if (!HAS_SCRIPT) this.skip();
    await inTemporaryFolder((folder) => {
      const name = "a-variant-with-quite-a-long-name";
      writeSweepFile(folder, { name: "watched", variants: [{ name }], seeds: [1, 2], epochs: 60 });
      const lines = watch(folder, "sweep", "watched.yaml", "--jobs", "1");
      const bars = lines.filter((line) => /^[#-]{20} /.test(line));
      assert.ok(
        bars.some((line) => line.includes("compiling")),
        lines.join("\n"),
      );
      const training = bars.filter((line) => /training/.test(line));
      assert.ok(training.length > 0);
      for (const line of training) assert.match(line, /a-variant.* \d+\/60 .*training [\d.]+, [\d.]+ %/);
      for (const line of lines.filter((line) => !/^(watched|results|With|For|Tested)/.test(line)))
        assert.ok(line.length <= 80, line);
    });
  });

  it("the bar of a single run shows the time left", async function () {
    if (!HAS_SCRIPT) this.skip();
    await inTemporaryFolder((folder) => {
      const experiment = join(process.cwd(), "configs", "mnist", "se-resnet8.yaml");
      const lines = watch(
        folder,
        "train",
        experiment,
        "--set",
        "training.epochs=12",
        "--set",
        "dataset.train=2000",
      );
      const bars = lines.filter((line) => /^[#-]{20} /.test(line));
      assert.ok(
        bars.some((line) => /%, \d+ s left$/.test(line)),
        bars.join("\n"),
      );
      assert.ok(bars.every((line) => line.length <= 80));
    });
  });
});
