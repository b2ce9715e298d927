// A Parquet file -> its rows, read in a process of its own: a damaged or malicious file can make a reader allocate or loop without
// end, which only the end of its process stops.

import { type ChildProcess, fork } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InputError } from "../../diagnostic.js";
import type { ParquetReply, ParquetRequest } from "./parquet-process.js";
import type { ParquetColumns, ParquetTable } from "./parquet-rows.js";

/** Calls `use` with the open table. Rejects with InputError if the file is damaged, or has no column with images or labels. */
export async function withParquet<Result>(
  file: string,
  columns: ParquetColumns,
  use: (table: ParquetTable) => Promise<Result>,
): Promise<Result> {
  const child = fork(PROCESS, [], {
    execArgv: [`--max-old-space-size=${MOST_MEGABYTES}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  const ask = (request: ParquetRequest) => replyTo(child, request, file);
  try {
    const opened = await ask({ kind: "open", file, ...columns });
    if (opened.kind !== "opened") throw unexpected(opened);
    return await use({
      rows: opened.rows,
      classNames: opened.classNames,
      each: async (useRow) => {
        let index = 0;
        for (let isLast = false; !isLast; ) {
          const reply = await ask({ kind: "more" });
          if (reply.kind !== "rows") throw unexpected(reply);
          for (const row of reply.rows) await useRow(row, index++);
          isLast = reply.isLast;
        }
      },
    });
  } finally {
    child.kill("SIGKILL");
  }
}

const PROCESS = fileURLToPath(new URL("parquet-process.js", import.meta.url));

/** Of its heap. The bytes of images are not in it. */
const MOST_MEGABYTES = 512;

/** How long a row group may take. The slowest decompressor is several times as fast. */
const LEAST_BYTES_PER_SECOND = 5e6;
const LEAST_SECONDS = 30;

function replyTo(child: ChildProcess, request: ParquetRequest, file: string): Promise<ParquetReply> {
  const seconds = LEAST_SECONDS + statSync(file).size / LEAST_BYTES_PER_SECOND;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle();
    };
    const fail = (reason: string, cause?: unknown) =>
      end(() => reject(new InputError(`${file} is damaged, or cannot be read (${reason})`, { cause })));
    const timer = setTimeout(() => fail(`no rows in ${Math.round(seconds)} seconds`), 1000 * seconds);
    child.once("message", (reply: ParquetReply) => end(() => resolve(reply)));
    child.once("error", (cause) => fail(cause.message, cause));
    child.once("exit", (code, signal) =>
      fail(
        `the process that read it ended with ${signal ?? `exit code ${code}`}, as it does if it needs too much memory`,
      ),
    );
    child.send(request);
  });
}

function unexpected(reply: ParquetReply): Error {
  if (reply.kind !== "failed") return new Error(`unexpected reply ${reply.kind}`);
  return reply.isExpected ? new InputError(reply.message) : new Error(reply.message);
}
