import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CellKind, EPOCH_COLUMNS, type Row, type Table } from "../../src/records/columns.js";
import { readCsv, writeCsv } from "../../src/records/csv.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const table = (names: readonly string[], kind: CellKind = "text"): Table =>
  names.map((name) => ({ name, kind }));

describe("CSV files", () => {
  const checkRoundTrip = (columns: readonly string[], rows: readonly Row[]) =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeCsv(file, table(columns), rows);
      assert.deepEqual(
        readCsv(file, table(columns))?.rows,
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
      const numbers = [0.1, 1 / 3, Math.PI, 1e-300, 5e-324, Number.MAX_VALUE, 2 ** 53, -1e21, 0];
      const file = join(folder, "table.csv");
      writeCsv(
        file,
        table(["value", "name"]),
        numbers.map((value) => ({ value, name: "n" })),
      );
      assert.deepEqual(
        readCsv(file, table(["value"], "number"))?.rows.map(({ value }) => Number(value)),
        numbers,
      );
    }));

  it("have the columns asked for, in their order, also without rows", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeCsv(file, table(["b", "a"]), []);
      assert.equal(readFileSync(file, "utf8"), "b,a\n");
      assert.deepEqual(readCsv(file, table(["b", "a"]))?.rows, []);
      writeCsv(file, table(["b", "a"]), [{ a: 1, b: 2, c: 3 }]);
      assert.equal(readFileSync(file, "utf8"), "b,a\n2,1\n");
      writeCsv(file, table(["b", "a"]), [{ a: 1 }]);
      assert.deepEqual(readCsv(file, table(["b", "a"]))?.rows, [{ b: "", a: "1" }]);
    }));

  it("are null where absent, and refused where cut, of another kind or in another encoding", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      const columns = table(["a", "b", "c"]);
      assert.equal(readCsv(file, columns), null);
      const checkRefused = (content: string | Buffer, problem: RegExp) => {
        writeFileSync(file, content);
        assert.throws(() => readCsv(file, columns), problem);
      };
      checkRefused("a,b,c\n1,2", /its last line is not complete/);
      checkRefused('a,b\n1,"2\n', /[Qq]uote/);
      checkRefused("a,b,c\n1,2\n", /length/);
      checkRefused("x,y\n1,2\n", /none of the columns a, b, c/);
      checkRefused(Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), /UTF-16/);
      writeFileSync(file, "");
      assert.deepEqual(readCsv(file, columns)?.rows, []);
    }));

  it("name columns that are missing", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeFileSync(file, "a,bb\n1,2\n");
      assert.deepEqual(readCsv(file, table(["a", "b"])), {
        rows: [{ a: "1", b: "" }],
        problems: ["column b: it is missing"],
      });
    }));

  it("are read as spreadsheets save them again", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      const columns: Table = [
        { name: "run", kind: "text" },
        { name: "test_error", kind: "share" },
        { name: "seconds", kind: "amount" },
      ];
      const expected = [
        { run: "a,5", test_error: "0.0163", seconds: "12" },
        { run: "b", test_error: "", seconds: "1.5E-3" },
      ];
      const checkRead = (content: string) => {
        writeFileSync(file, content);
        assert.deepEqual(readCsv(file, columns), { rows: expected, problems: [] }, JSON.stringify(content));
      };
      checkRead('run,test_error,seconds\n"a,5",0.0163,12\nb,,1.5E-3\n');
      checkRead('\uFEFFrun,test_error,seconds\r\n"a,5",0.0163,12\r\nb,,1.5E-3\r\n');
      checkRead('\uFEFFrun;test_error;seconds\r\n"a,5";0,0163;12\r\nb;;1,5E-3\r\n;;\r\n');
      checkRead('"run"\t"test_error"\t"seconds"\n"a,5"\t"0,0163"\t12\nb\t\t1.5E-3\n');
      checkRead("seconds;note;run;test_error\r12;x;a,5;0,0163\r1,5E-3;;b;\r");
    }));

  it("name cells that no run can have written, and leave them out", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "epochs.csv");
      const checkCell = (column: string, text: string, allowed: string | null) => {
        const names = ["epoch", column].filter((name, index, all) => all.indexOf(name) === index);
        writeFileSync(
          file,
          `${names.join(",")}\n${names.map((name) => (name === column ? text : "1")).join(",")}\n`,
        );
        const own = EPOCH_COLUMNS.filter(({ name }) => names.includes(name));
        const read = readCsv(file, own);
        assert.deepEqual(
          [read?.rows[0]?.[column], read?.problems],
          allowed === null ? [text, []] : ["", [`row 2, column ${column}: it is ${text}, not ${allowed}`]],
        );
      };
      const share = "a share from 0 to 1";
      for (const text of ["0", "1", "0.5", "1e-3"]) checkCell("train_error", text, null);
      for (const text of ["-3.5", "1.01", "NaN", "Infinity", "abc", "0x1", "1 "])
        checkCell("train_error", text, text === "0x1" ? null : share);
      for (const text of ["-1", "1.5", "NaN", "1e400"]) checkCell("epoch", text, "a whole number from 0");
      for (const text of ["-0.1", "NaN", "Infinity"]) checkCell("train_loss", text, "a number from 0");
    }));
});
