// What the cells of a column may hold, how their text is read and written, and from that the rows of a table.

export interface Column<Value, Optional extends boolean = boolean> {
  /** What a cell may hold, in words. */
  readonly holds: string;
  /** Of its numbers; empty where they are counts, shares of 1, or none. */
  readonly unit: string;
  readonly meaning: string;
  /** Whether a row may have nothing to say here. */
  readonly optional: Optional;
  /** Null where the text is nothing that the column allows. */
  read(text: string): Value | null;
}

/** The columns of a table by name, in their order. */
export type Table = Readonly<Record<string, Column<unknown>>>;

type ValueIn<C> = C extends Column<infer Value> ? Value : never;

/** A row as it is read: any cell may be missing, or hold what it may not. */
export type RowOf<T extends Table> = { readonly [Name in keyof T]: ValueIn<T[Name]> | null };

/** A row as it is written by a run: only cells of optional columns are missing. */
export type WholeRow<T extends Table> = {
  readonly [Name in keyof T]: T[Name] extends Column<infer Value, false> ? Value : ValueIn<T[Name]> | null;
};

export function isWhole<T extends Table>(table: T, row: RowOf<T>): row is RowOf<T> & WholeRow<T> {
  return Object.entries(table).every(([name, { optional }]) => optional || row[name] !== null);
}

/** The text of a cell. Numbers are written so that reading returns the same number. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const text = (meaning: string): Column<string, false> =>
  required({ holds: "a text", meaning, read: (found) => found });

/** A whole number from 0. */
export const count = (meaning: string): Column<number, false> =>
  required({
    holds: "a whole number from 0",
    meaning,
    read: numberWhere((value) => Number.isSafeInteger(value) && value >= 0),
  });

/** From 0 to 1. */
export const share = (meaning: string): Column<number, false> =>
  required({ holds: "a share from 0 to 1", meaning, read: numberWhere(isShare) });

/** A number from 0. */
export const amount = (meaning: string, unit = ""): Column<number, false> =>
  required({ holds: "a number from 0", unit, meaning, read: numberWhere((value) => value >= 0) });

export const number = (meaning: string, unit = ""): Column<number, false> =>
  required({ holds: "a number", unit, meaning, read: numberWhere(() => true) });

/** A key of a record. */
export const oneOf = <Word extends string>(
  words: Readonly<Record<Word, unknown>>,
  meaning: string,
): Column<Word, false> => {
  const isWord = (found: string): found is Word => Object.hasOwn(words, found);
  return required({
    holds: `one of ${Object.keys(words).join(", ")}`,
    meaning,
    read: (found) => (isWord(found) ? found : null),
  });
};

/** A JSON list of shares; null stands for one that is not known. */
export const shares = (meaning: string): Column<readonly (number | null)[], false> =>
  json({
    holds: "a list of shares from 0 to 1",
    meaning,
    accepts: (value): value is readonly (number | null)[] =>
      Array.isArray(value) &&
      value.every((one: unknown) => one === null || (typeof one === "number" && isShare(one))),
  });

/** A value in JSON. */
export function json<Value>({
  accepts,
  ...about
}: {
  readonly holds: string;
  readonly meaning: string;
  accepts(value: unknown): value is Value;
}): Column<Value, false> {
  const read = (found: string) => {
    try {
      const value: unknown = JSON.parse(found);
      return accepts(value) ? value : null;
    } catch {
      return null;
    }
  };
  return required({ ...about, read });
}

/** The same column where a row may have nothing to say. */
export function optional<Value>(column: Column<Value>): Column<Value, true> {
  return { ...column, optional: true };
}

function required<Value>({
  unit = "",
  ...column
}: Pick<Column<Value>, "holds" | "meaning" | "read"> & { readonly unit?: string }): Column<Value, false> {
  return { ...column, unit, optional: false };
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function numberWhere(allowed: (value: number) => boolean): (text: string) => number | null {
  return (found) => {
    const value = Number(found);
    return found.trim() === found && Number.isFinite(value) && allowed(value) ? value : null;
  };
}
