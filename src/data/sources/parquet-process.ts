// A process that reads one Parquet file: it sends some rows each time it is asked for more.

import { InputError } from "../../diagnostic.js";
import { openParquet, type ParquetColumns, type ParquetRow } from "./parquet-rows.js";

/** What the process is asked for: first to open a file, then for more rows. */
export type ParquetRequest =
  | ({ readonly kind: "open"; readonly file: string } & ParquetColumns)
  | { readonly kind: "more" };

export type ParquetReply =
  | { readonly kind: "opened"; readonly rows: number; readonly classNames: readonly string[] | null }
  | { readonly kind: "rows"; readonly rows: readonly ParquetRow[]; readonly isLast: boolean }
  /** `isExpected`: whether the error is an InputError. */
  | { readonly kind: "failed"; readonly message: string; readonly isExpected: boolean };

/** Rows are sent once they have this many bytes. */
const MOST_BYTES = 2 ** 22;

async function answer(request: Extract<ParquetRequest, { kind: "open" }>): Promise<void> {
  const { rows, classNames, each } = await openParquet(request.file, request);
  await send({ kind: "opened", rows, classNames });
  let waiting: ParquetRow[] = [];
  let bytes = 0;
  await each(async (row) => {
    waiting.push(row);
    bytes += row.image.length;
    if (bytes < MOST_BYTES) return;
    await send({ kind: "rows", rows: waiting, isLast: false });
    [waiting, bytes] = [[], 0];
  });
  await send({ kind: "rows", rows: waiting, isLast: true });
}

/** Resolves when more is asked for. */
function send(reply: ParquetReply): Promise<void> {
  process.send?.(reply);
  return new Promise((resolve) => process.once("message", () => resolve()));
}

process.once("message", (request: Extract<ParquetRequest, { kind: "open" }>) => {
  answer(request).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    void send({ kind: "failed", message, isExpected: error instanceof InputError });
  });
});
process.on("disconnect", () => process.exit());
