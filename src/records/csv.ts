// Tables of rows <-> CSV files, also as a spreadsheet saves them again.

import { existsSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { createObjectCsvStringifier } from "csv-writer";
import { readRegularFile } from "../regular-file.js";
import { problemOfCell, type Row, type Table } from "./columns.js";
import { writeWhole } from "./files.js";

const NEWLINES = [10, 13];
const MOST_BYTES = 2 ** 29;

/** Text by column; a cell that held what its column does not allow is empty. */
export type TextRow = Readonly<Record<string, string>>;

export interface ReadTable {
  readonly rows: readonly TextRow[];
  /** Cells that were left out, each with row (the line of names is row 1), column and why. */
  readonly problems: readonly string[];
}

/** Writes the whole table. Numbers are written so that reading returns the same number. */
export function writeCsv(file: string, table: Table, rows: readonly Row[]): void {
  const header = table.map(({ name }) => ({ id: name, title: name }));
  const stringifier = createObjectCsvStringifier({ header });
  // Without records the stringifier adds an empty line.
  const records = rows.length === 0 ? "" : stringifier.stringifyRecords([...rows]);
  writeWhole(file, (stringifier.getHeaderString() ?? "") + records);
}

/**
 * Null where there is no such file. Understands what spreadsheets make of a table: a byte order mark, semicolons or
 * tabs between cells, CR LF, and decimal commas where commas do not separate cells. Throws where the text is not whole, is
 * no table, or has none of the columns.
 */
export function readCsv(file: string, table: Table): ReadTable | null {
  if (!existsSync(file)) return null;
  const bytes = readRegularFile(file, MOST_BYTES);
  if (/^(?:fffe|feff)/.test(bytes.toString("hex", 0, 2)))
    throw new Error("it is saved as UTF-16; save it as UTF-8");
  if (bytes.length > 0 && !NEWLINES.includes(bytes.at(-1) as number))
    throw new Error("its last line is not complete");
  const delimiter = delimiterOf(bytes, table);
  const texts = parse(bytes, {
    columns: true,
    bom: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    delimiter,
  }) as Record<string, string>[];
  const [first] = texts;
  const problems = table
    .filter(({ name }) => first !== undefined && !Object.hasOwn(first, name))
    .map(({ name }) => `column ${name}: it is missing`);
  const rows = texts.map((text, index) =>
    Object.fromEntries(
      table.map(({ name, kind }) => {
        const cell = text[name] ?? "";
        const value = kind !== "text" && delimiter !== "," ? withPoint(cell) : cell;
        const problem = problemOfCell(value, kind);
        if (problem !== null) problems.push(`row ${index + 2}, column ${name}: it ${problem}`);
        return [name, problem === null ? value : ""];
      }),
    ),
  );
  return { rows, problems };
}

/** The one that makes the first line the names of most columns. */
function delimiterOf(bytes: Buffer, table: Table): string {
  const line = /^[^\r\n]*/.exec(bytes.toString("utf8").replace(/^\uFEFF/, ""))?.[0] ?? "";
  if (line === "") return ",";
  const known = (delimiter: string) => {
    const cells = line.split(delimiter).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    return table.filter(({ name }) => cells.includes(name)).length;
  };
  const [best] = [",", ";", "\t"].sort((a, b) => known(b) - known(a)) as [string];
  if (known(best) === 0)
    throw new Error(`its first line has none of the columns ${table.map(({ name }) => name).join(", ")}`);
  return best;
}

/** `1,5` -> `1.5`: where commas do not separate cells, they may separate decimals. */
function withPoint(cell: string): string {
  return /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/.test(cell) ? cell.replace(",", ".") : cell;
}
