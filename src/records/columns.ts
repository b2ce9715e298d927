// Types of columns: which values their cells may hold and how these are read and written. The types of rows follow from them.

export interface Column<Value, Optional extends boolean = boolean> {
  /** The values that a cell may hold, in words. */
  readonly holds: string;
  /** The unit of the numbers; empty for counts, shares and columns without numbers. */
  readonly unit: string;
  readonly meaning: string;
  /** Whether cells may be empty. */
  readonly optional: Optional;
  /** Returns null if the column does not allow the text. */
  read(text: string): Value | null;
}

/** The columns of a table by name, in the order of the file. */
export type Table = Readonly<Record<string, Column<unknown>>>;

type ValueIn<C> = C extends Column<infer Value> ? Value : never;

/** A row that was read. Null stands for a cell that is empty, missing or invalid. */
export type RowOf<T extends Table> = { readonly [Name in keyof T]: ValueIn<T[Name]> | null };

/** A row that a run has written. Only cells of optional columns can be null. */
export type WholeRow<T extends Table> = {
  readonly [Name in keyof T]: T[Name] extends Column<infer Value, false> ? Value : ValueIn<T[Name]> | null;
};

export function isWhole<T extends Table>(table: T, row: RowOf<T>): row is RowOf<T> & WholeRow<T> {
  return Object.entries(table).every(([name, { optional }]) => optional || row[name] !== null);
}

/** The text of a cell. Reading the text of a number returns exactly this number. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const text = (meaning: string): Column<string, false> =>
  required({ holds: "text", meaning, read: (found) => found });

/** A number that is not known is an empty cell. */
export function cellOf(value: number | null | undefined): number | null {
  return value === null || value === undefined || Number.isNaN(value) ? null : value;
}

/** An integer from 0. */
export const count = (meaning: string): Column<number, false> =>
  required({
    holds: "an integer from 0",
    meaning,
    read: numberWhere((value) => Number.isSafeInteger(value) && value >= 0),
  });

/** From 0 to 1. */
export const share = (meaning: string): Column<number, false> =>
  required({ holds: "a number from 0 to 1", meaning, read: numberWhere(isShare) });

/** A number from 0. */
export const amount = (meaning: string, unit = ""): Column<number, false> =>
  required({ holds: "a number from 0", unit, meaning, read: numberWhere((value) => value >= 0) });

export const number = (meaning: string, unit = ""): Column<number, false> =>
  required({ holds: "a number", unit, meaning, read: numberWhere(() => true) });

/** One of the keys of `words`. */
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

/** A JSON list of shares. Null stands for an unknown share. */
export const shares = (meaning: string): Column<readonly (number | null)[], false> =>
  json({
    holds: "a list of numbers from 0 to 1",
    meaning,
    accepts: (value): value is readonly (number | null)[] =>
      Array.isArray(value) &&
      value.every((one: unknown) => one === null || (typeof one === "number" && isShare(one))),
  });

/** A JSON list of integers from 0. */
export const indices = (meaning: string): Column<readonly number[], false> =>
  json({
    holds: "a list of integers from 0",
    meaning,
    accepts: (value): value is readonly number[] =>
      Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0),
  });

/** A JSON value that `accepts` allows. */
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

/** The same column, but cells may be empty. */
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
