// Rows -> a checksum that is the same whenever the same run is trained again.

import { createHash } from "node:crypto";
import { type RowOf, type Table, textOf } from "./columns.js";
import { TIME_COLUMNS } from "./tables.js";

/**
 * The first 32 hex digits of the SHA-256 of all cells except times and the checksum itself. Empty cells of optional columns are left out,
 * so that tables from before there was such a column keep their checksums.
 */
export function checksumOf<T extends Table>(table: T, rows: readonly Partial<RowOf<T>>[]): string {
  const names = Object.keys(table).filter((name) => name !== "checksum" && !TIME_COLUMNS.includes(name));
  const texts = rows.map((row) =>
    names.flatMap((name) => {
      const value = textOf(row[name]);
      if (!table[name]?.optional) return [value];
      return value === "" ? [] : [`${name}: ${value}`];
    }),
  );
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32);
}
