// Tables of rows <-> CSV files.

import { existsSync, readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { createObjectCsvStringifier } from "csv-writer";
import type { Row } from "./columns.js";
import { writeWhole } from "./files.js";

const NEWLINE = 10;

/** Writes the whole table. Numbers are written so that reading gives the same number. */
export function writeCsv(file: string, columns: readonly string[], rows: readonly Row[]): void {
  const stringifier = createObjectCsvStringifier({ header: columns.map((id) => ({ id, title: id })) });
  // Without records the stringifier gives a line of its own.
  const records = rows.length === 0 ? "" : stringifier.stringifyRecords([...rows]);
  writeWhole(file, (stringifier.getHeaderString() ?? "") + records);
}

/** Rows as text by column, or null where there is no such file. Throws on a table that is not whole. */
export function readCsv(file: string): Record<string, string>[] | null {
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  if (bytes.length > 0 && bytes.at(-1) !== NEWLINE) throw new Error("its last line is not complete");
  return parse(bytes, { columns: true, skip_empty_lines: true }) as Record<string, string>[];
}
