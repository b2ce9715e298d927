import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeLeftovers, writeWhole } from "../../src/records/files.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const FILES = new URL("../../src/records/files.js", import.meta.url).href;

describe("writeWhole", () => {
  it("writes text and bytes, creates folders and replaces existing files", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "a", "b", "file");
      for (const content of ["long text", "ü", "", Uint8Array.of(0, 255, 10)]) {
        writeWhole(file, content);
        assert.deepEqual(readFileSync(file), Buffer.from(content as string));
        assert.deepEqual(readdirSync(join(folder, "a", "b")), ["file"]);
      }
    }));

  it("keeps the content before under another name, also if both names are those of one file", () =>
    inTemporaryFolder((folder) => {
      const [file, previous] = [join(folder, "last"), join(folder, "previous")];
      writeWhole(file, "1", previous);
      assert.deepEqual(readdirSync(folder), ["last"]);
      linkSync(file, previous);
      for (const [content, before] of [
        ["2", "1"],
        ["3", "2"],
      ] as const) {
        writeWhole(file, content, previous);
        assert.deepEqual([readFileSync(file, "utf8"), readFileSync(previous, "utf8")], [content, before]);
        assert.deepEqual(readdirSync(folder).sort(), ["last", "previous"]);
      }
    }));

  it("leaves no temporary file when it fails", () =>
    inTemporaryFolder((folder) => {
      mkdirSync(join(folder, "taken", "full"), { recursive: true });
      assert.throws(() => writeWhole(join(folder, "taken"), "text"));
      assert.deepEqual(readdirSync(folder), ["taken"]);
    }));

  it("leaves the old or the new content when killed, never a part; the temporary files can be removed", async function () {
    this.timeout(60_000);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "file");
      const size = 4_000_000;
      const program = `
        import { removeLeftovers, writeWhole } from ${JSON.stringify(FILES)};
        for (let byte = 0; ; byte = (byte + 1) % 256) writeWhole(${JSON.stringify(file)}, Buffer.alloc(${size}, byte));`;
      for (const delay of [120, 133, 147, 160, 181]) {
        const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
        while (!readdirSync(folder).includes("file")) await sleep(5);
        await sleep(delay);
        child.kill("SIGKILL");
        await once(child, "exit");
        const content = readFileSync(file);
        assert.equal(content.length, size);
        assert.ok(content.every((byte) => byte === content[0]));
      }
      writeWhole(file, "end");
      removeLeftovers(folder);
      assert.deepEqual(readdirSync(folder), ["file"]);
    });
  });
});
