import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  amount,
  number,
  optional,
  type RowOf,
  share,
  shares,
  type Table,
  text,
} from "../../src/records/columns.js";
import { readCsv, writeCsv } from "../../src/records/csv.js";
import { readResult } from "../../src/records/run-folder.js";
import { EPOCH_COLUMNS } from "../../src/records/tables.js";
import { axes, match } from "../../src/records/variant-cells.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const table = (...names: readonly string[]): Table =>
  Object.fromEntries(names.map((name) => [name, text("")]));

describe("CSV files", () => {
  const checkRoundTrip = <T extends Table>(columns: T, rows: readonly RowOf<T>[]) =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeCsv(file, columns, rows);
      assert.deepEqual(readCsv(file, columns), { rows, problems: [] });
    });

  it("keep commas, quotes, line breaks and spaces", async () => {
    const texts = [
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
    const [first, last] = [table("reason", "run"), table("run", "reason")];
    await checkRoundTrip(
      first,
      texts.map((reason, run) => ({ reason, run: `${run}` })),
    );
    for (const reason of [null, ...texts]) {
      await checkRoundTrip(first, [{ reason, run: "x" }]);
      await checkRoundTrip(last, [{ reason, run: "x" }]);
    }
  });

  it("keep numbers exactly", () => {
    const numbers = [0.1, 1 / 3, Math.PI, 1e-300, 5e-324, Number.MAX_VALUE, 2 ** 53, -1e21, 0];
    return checkRoundTrip(
      { value: number(""), name: text("") },
      numbers.map((value) => ({ value, name: "n" })),
    );
  });

  it("keep axes and matches", () =>
    checkRoundTrip({ axes: axes(""), match: optional(match("")) }, [
      { axes: { r: 4, bias: true, gate: "a,b" }, match: null },
      { axes: {}, match: { cost: "macs", of: "se-r4", change: "widths 64 -> 66", ratio: 0.99988 } },
    ]));

  it("keep lists and missing cells", () =>
    checkRoundTrip({ errors: shares(""), error: share(""), name: text("") }, [
      { errors: [0, 1 / 3, null], error: null, name: "a" },
      { errors: null, error: 0, name: null },
    ]));

  it("have the columns of the table, in its order, even without rows", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      const columns = table("b", "a");
      writeCsv(file, columns, []);
      assert.equal(readFileSync(file, "utf8"), "b,a\n");
      assert.deepEqual(readCsv(file, columns)?.rows, []);
      writeCsv(file, columns, [{ a: "1", b: "2", c: "3" }]);
      assert.equal(readFileSync(file, "utf8"), "b,a\n2,1\n");
    }));

  it("are null if absent, and refused if truncated, of another kind or in another encoding", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      const columns = table("a", "b", "c");
      assert.equal(readCsv(file, columns), null);
      const checkRefused = (content: string | Buffer, problem: RegExp) => {
        writeFileSync(file, content);
        assert.throws(() => readCsv(file, columns), problem);
      };
      checkRefused("a,b,c\n1,2", /its last line is incomplete/);
      checkRefused('a,b\n1,"2\n', /[Qq]uote/);
      checkRefused("a,b,c\n1,2\n", /length/);
      checkRefused("x,y\n1,2\n", /none of the columns a, b, c/);
      checkRefused(Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), /UTF-16/);
      writeFileSync(file, "");
      assert.deepEqual(readCsv(file, columns)?.rows, []);
    }));

  it("report missing columns", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      writeFileSync(file, "a,bb\n1,2\n");
      assert.deepEqual(readCsv(file, table("a", "b")), {
        rows: [{ a: "1", b: null }],
        problems: ["column b is missing"],
      });
    }));

  it("are read after a spreadsheet has saved them again", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "table.csv");
      const columns = { run: text(""), test_error: share(""), seconds: amount("", "s") };
      const expected = [
        { run: "1,5", test_error: 0.0163, seconds: 12 },
        { run: "b", test_error: null, seconds: 0.0015 },
      ];
      const checkRead = (content: string) => {
        writeFileSync(file, content);
        assert.deepEqual(readCsv(file, columns), { rows: expected, problems: [] }, JSON.stringify(content));
      };
      checkRead('run,test_error,seconds\n"1,5",0.0163,12\nb,,1.5E-3\n');
      checkRead('\uFEFFrun,test_error,seconds\r\n"1,5",0.0163,12\r\nb,,1.5E-3\r\n');
      checkRead('\uFEFFrun;test_error;seconds\r\n"1,5";0,0163;12\r\nb;;1,5E-3\r\n;;\r\n');
      checkRead('"run"\t"test_error"\t"seconds"\n"1,5"\t"0,0163"\t12\nb\t\t1.5E-3\n');
      checkRead("seconds;note;run;test_error\r12;x;1,5;0,0163\r1,5E-3;;b;\r");
    }));

  it("report cells that no run can have written, and leave them out", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "epochs.csv");
      const checkCell = (
        column: "epoch" | "train_error" | "train_loss",
        text: string,
        allowed: string | null,
      ) => {
        writeFileSync(file, `${column},run\n${text},x\n`);
        assert.deepEqual(readCsv(file, { [column]: EPOCH_COLUMNS[column] }), {
          rows: [{ [column]: allowed === null ? Number(text) : null }],
          problems: allowed === null ? [] : [`row 2, column ${column}: expected ${allowed}, found ${text}`],
        });
      };
      const share = "a number from 0 to 1";
      for (const text of ["0", "1", "0.5", "1e-3"]) checkCell("train_error", text, null);
      for (const text of ["-3.5", "1.01", "NaN", "Infinity", "abc", "0x1", "1 "])
        checkCell("train_error", text, text === "0x1" ? null : share);
      for (const text of ["-1", "1.5", "NaN", "1e400"]) checkCell("epoch", text, "an integer from 0");
      for (const text of ["-0.1", "NaN", "Infinity"]) checkCell("train_loss", text, "a number from 0");
    }));

  it("report invalid axes and matches", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "plan.csv");
      const check = (column: "axes" | "match", value: unknown) => {
        writeCsv(file, { [column]: text("") }, [{ [column]: JSON.stringify(value) }]);
        assert.equal(readCsv(file, { axes: axes(""), match: match("") })?.problems.length, 2, String(value));
      };
      for (const value of [4, "r", [4], { r: null }, { r: [2] }]) check("axes", value);
      const own = { cost: "macs", of: "a", change: "b", ratio: 1 };
      for (const value of [
        {},
        { ...own, cost: "time" },
        { ...own, of: 1 },
        { ...own, change: null },
        { ...own, ratio: 0 },
      ])
        check("match", value);
    }));
});

/** Written by an earlier version, which read cells as text. */
const RESULT = `fingerprint,checksum,params,params_total,macs,epochs,best_epoch,selected_epoch,train_loss,train_error,validation_loss,validation_error,test_loss,test_error,test_error_top5,test_balanced_error,majority_error,test_errors_by_class,seconds,images_per_second
0123456789abcdef0123456789abcdef,4d5de212bdd9f560e44ac9d4a85934e5,80582,81014,2553216,4,3,4,0.30000000000000004,0,1e-7,0.3333333333333333,2.25,0.0257,0.001,0.026,0.8865,"[0,0.5,0.3333333333333333,null]",9.123,1234.5
`;

describe("result.csv", () => {
  const read = (text: string) =>
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, "result.csv"), text);
      return readResult(folder);
    });

  it("is read if its checksum matches its cells, even after a spreadsheet has rewritten them", async () => {
    const result = await read(RESULT);
    assert.equal(result?.test_error, 0.0257);
    assert.deepEqual(result?.test_errors_by_class, [0, 0.5, 1 / 3, null]);
    const [head = "", cells = ""] = RESULT.split("\n");
    const resaved = cells.replace(/,(?=[^[\]]*(?:\[|$))/g, ";").replaceAll(/(?<=\d)\.(?=\d+;)/g, ",");
    assert.deepEqual(await read(`${head.replaceAll(",", ";")}\r\n${resaved}\r\n`), {
      ...result,
      images_per_second: 1234.5,
    });
    assert.equal((await read(RESULT.replace("9.123", "8.5")))?.seconds, 8.5);
  });

  it("is null if a digit was changed, a cell is missing or there are two rows", async () => {
    const row = RESULT.split("\n")[1];
    for (const text of [
      RESULT.replace("0.0257", "0.0256"),
      RESULT.replace("[0,0.5", "[0,0.6"),
      RESULT.replace("1234.5", ""),
      RESULT.replace("test_error,", "test_eror,"),
      `${RESULT}${row}\n`,
    ])
      assert.equal(await read(text), null, text);
  });
});
