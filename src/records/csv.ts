// Tables of rows <-> CSV files, also as a spreadsheet saves them again.

import { existsSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { createObjectCsvStringifier } from "csv-writer";
import { readRegularFile } from "../regular-file.js";
import { type Column, type RowOf, type Table, textOf } from "./columns.js";
import { writeWhole } from "./files.js";

const NEWLINES = [10, 13];
const MOST_BYTES = 2 ** 29;

export interface ReadTable<T extends Table> {
  readonly rows: readonly RowOf<T>[];
  /** Cells that were left out, each with row (the line of names is row 1), column and why. */
  readonly problems: readonly string[];
}

/** Writes the whole table. */
export function writeCsv<T extends Table>(file: string, table: T, rows: readonly RowOf<T>[]): void {
  const names = Object.keys(table);
  const stringifier = createObjectCsvStringifier({
    header: names.map((name) => ({ id: name, title: name })),
  });
  const records = rows.map((row) => Object.fromEntries(names.map((name) => [name, textOf(row[name])])));
  // Without records the stringifier adds an empty line.
  const lines = records.length === 0 ? "" : stringifier.stringifyRecords(records);
  writeWhole(file, (stringifier.getHeaderString() ?? "") + lines);
}

/**
 * Null where there is no such file. Understands what spreadsheets make of a table: a byte order mark, semicolons or
 * tabs between cells, CR LF, and decimal commas where commas do not separate cells. A cell that is empty, or holds what its
 * column does not allow, is null. Throws where the text is not whole, is no table, or has none of the columns.
 */
export function readCsv<T extends Table>(file: string, table: T): ReadTable<T> | null {
  if (!existsSync(file)) return null;
  const bytes = readRegularFile(file, MOST_BYTES);
  if (/^(?:fffe|feff)/.test(bytes.toString("hex", 0, 2)))
    throw new Error("it is saved as UTF-16; save it as UTF-8");
  if (bytes.length > 0 && !NEWLINES.includes(bytes.at(-1) as number))
    throw new Error("its last line is not complete");
  const delimiter = delimiterOf(bytes, Object.keys(table));
  const texts = parse(bytes, {
    columns: true,
    bom: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    delimiter,
  }) as Record<string, string>[];
  const [first] = texts;
  const problems = Object.keys(table)
    .filter((name) => first !== undefined && !Object.hasOwn(first, name))
    .map((name) => `column ${name}: it is missing`);
  const rows = texts.map((record, index) => {
    const cells = Object.entries(table).map(([name, column]) => {
      const text = record[name] ?? "";
      const value =
        text === "" ? null : (column.read(text) ?? (delimiter === "," ? null : readPoint(column, text)));
      if (text !== "" && value === null)
        problems.push(`row ${index + 2}, column ${name}: it is ${text.slice(0, 40)}, not ${column.holds}`);
      return [name, value];
    });
    return Object.fromEntries(cells) as RowOf<T>;
  });
  return { rows, problems };
}

/** The one that makes the first line the names of most columns. */
function delimiterOf(bytes: Buffer, names: readonly string[]): string {
  const line = /^[^\r\n]*/.exec(bytes.toString("utf8").replace(/^\uFEFF/, ""))?.[0] ?? "";
  if (line === "") return ",";
  const known = (delimiter: string) => {
    const cells = line.split(delimiter).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    return names.filter((name) => cells.includes(name)).length;
  };
  const [best] = [",", ";", "\t"].sort((a, b) => known(b) - known(a)) as [string];
  if (known(best) === 0) throw new Error(`its first line has none of the columns ${names.join(", ")}`);
  return best;
}

/** `1,5` as 1.5: where commas do not separate cells, they may separate decimals. */
function readPoint(column: Column<unknown>, text: string): unknown {
  return /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/.test(text) ? column.read(text.replace(",", ".")) : null;
}
