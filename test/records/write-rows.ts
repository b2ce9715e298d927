// Tables for tests that need only some of the cells.

import type { RowOf, Table } from "../../src/records/columns.js";
import { writeCsv } from "../../src/records/csv.js";

/** Writes a CSV file. Cells that are not given are empty. */
export function writeRows<T extends Table>(file: string, table: T, rows: readonly Partial<RowOf<T>>[]): void {
  const empty = Object.fromEntries(Object.keys(table).map((name) => [name, null])) as RowOf<T>;
  writeCsv(
    file,
    table,
    rows.map((row) => ({ ...empty, ...row })),
  );
}
