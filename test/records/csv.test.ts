import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "../../src/records/columns.js";
import { readCsv, writeCsv } from "../../src/records/csv.js";
import { inTemporaryFolder } from "../temporary-folder.js";

describe("CSV files", () => {
  const checkRoundTrip = (columns: readonly string[], rows: readonly Row[]) =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeCsv(file, columns, rows);
      assert.deepEqual(
        readCsv(file),
        rows.map((row) => Object.fromEntries(columns.map((column) => [column, String(row[column] ?? "")]))),
      );
    });

  it("keep commas, quotes, line breaks and spaces", async () => {
    const texts = [
      "",
      "a,b",
      'say "no"',
      '"',
      '""',
      "two\nlines",
      "windows\r\nlines",
      "mac\rlines",
      " spaces ",
      "\ttab",
      "'single'",
      "r=4;bias=true",
      "ümläut µ 漢字 🙂",
      "# no comment",
      "=1+1",
      "\uFEFFmark",
      '\n",\n',
    ];
    await checkRoundTrip(
      ["reason", "run"],
      texts.map((reason, run) => ({ reason, run })),
    );
    for (const reason of texts) await checkRoundTrip(["reason", "run"], [{ reason, run: "x" }]);
    for (const reason of texts) await checkRoundTrip(["run", "reason"], [{ reason, run: "x" }]);
  });

  it("keep numbers exactly", () =>
    inTemporaryFolder((folder) => {
      const numbers = [0.1, 1 / 3, Math.PI, 1e-300, 5e-324, Number.MAX_VALUE, 2 ** 53, -1e21, 0, Number.NaN];
      const file = join(folder, "table.csv");
      writeCsv(
        file,
        ["value", "name"],
        numbers.map((value) => ({ value, name: "n" })),
      );
      assert.deepEqual(
        (readCsv(file) ?? []).map(({ value }) => Number(value)),
        numbers,
      );
    }));

  it("have the columns asked for, in their order, also without rows", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeCsv(file, ["b", "a"], []);
      assert.equal(readFileSync(file, "utf8"), "b,a\n");
      assert.deepEqual(readCsv(file), []);
      writeCsv(file, ["b", "a"], [{ a: 1, b: 2, c: 3 }]);
      assert.equal(readFileSync(file, "utf8"), "b,a\n2,1\n");
      writeCsv(file, ["b", "a"], [{ a: 1 }]);
      assert.deepEqual(readCsv(file), [{ b: "", a: "1" }]);
    }));

  it("are null where absent, and refused where cut", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      assert.equal(readCsv(file), null);
      writeFileSync(file, "a,b,c\n1,2");
      assert.throws(() => readCsv(file));
      writeFileSync(file, 'a,b\n1,"2');
      assert.throws(() => readCsv(file));
      writeFileSync(file, "");
      assert.deepEqual(readCsv(file), []);
    }));
});
