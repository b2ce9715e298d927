// Tables of rows <-> CSV files, including files that a spreadsheet has saved again.

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
  /** One message for each missing column that is not optional, and for each cell that was left out, with its row (the header is row 1) and column. */
  readonly problems: readonly string[];
}

/** Writes the table, replacing the file. */
export function writeCsv<T extends Table>(file: string, table: T, rows: readonly RowOf<T>[]): void {
  writeColumns(file, Object.keys(table), rows);
}

/** Writes the data of a figure. The columns are all keys of the rows. */
export function writeRecords(file: string, rows: readonly object[]): void {
  writeColumns(
    file,
    [...new Set(rows.flatMap((row) => Object.keys(row)))],
    rows as Record<string, unknown>[],
  );
}

function writeColumns(
  file: string,
  names: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): void {
  const stringifier = createObjectCsvStringifier({
    header: names.map((name) => ({ id: name, title: name })),
  });
  const records = rows.map((row) => Object.fromEntries(names.map((name) => [name, textOf(row[name])])));
  // Without records the stringifier adds an empty line.
  const lines = records.length === 0 ? "" : stringifier.stringifyRecords(records);
  writeWhole(file, (stringifier.getHeaderString() ?? "") + lines);
}

/**
 * Returns null if the file does not exist. Accepts what spreadsheets make of a table: a byte order mark, semicolons or
 * tabs between cells, CR LF, and decimal commas if commas do not separate cells. A cell is null if it is empty or its
 * column does not allow its text. Throws if the file is incomplete, is not a table or has none of the columns.
 */
export function readCsv<T extends Table>(file: string, table: T): ReadTable<T> | null {
  if (!existsSync(file)) return null;
  const bytes = readRegularFile(file, MOST_BYTES);
  if (/^(?:fffe|feff)/.test(bytes.toString("hex", 0, 2)))
    throw new Error("it is encoded as UTF-16; save it as UTF-8");
  if (bytes.length > 0 && !NEWLINES.includes(bytes.at(-1) as number))
    throw new Error("its last line is incomplete");
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
    .filter((name) => first !== undefined && !Object.hasOwn(first, name) && !table[name]?.optional)
    .map((name) => `column ${name} is missing`);
  const rows = texts.map((record, index) => {
    const cells = Object.entries(table).map(([name, column]) => {
      const text = record[name] ?? "";
      const value =
        text === "" ? null : (column.read(text) ?? (delimiter === "," ? null : readPoint(column, text)));
      if (text !== "" && value === null)
        problems.push(
          `row ${index + 2}, column ${name}: expected ${column.holds}, found ${text.slice(0, 40)}`,
        );
      return [name, value];
    });
    return Object.fromEntries(cells) as RowOf<T>;
  });
  return { rows, problems };
}

/** The delimiter that splits the first line into the most names of columns. Throws if there are none. */
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

/** Reads `1,5` as 1.5. Only for files in which commas do not separate cells. */
function readPoint(column: Column<unknown>, text: string): unknown {
  return /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/.test(text) ? column.read(text.replace(",", ".")) : null;
}
