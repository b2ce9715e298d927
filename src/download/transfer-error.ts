// Why a file did not arrive from one address.

/** Thrown when a server cannot be reached or does not send the file. The message says why, without naming the address. */
export class TransferError extends Error {
  override readonly name = "TransferError";

  constructor(
    message: string,
    /** Whether another try may succeed. */
    readonly mayPass: "may pass" | "stays",
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** Turns an error of undici or of a socket into a TransferError. */
export function asTransferError(error: unknown, silenceMs: number): TransferError {
  const { code = "", message } = error as { code?: string; message: string };
  const found = WORDS[code] ?? [message || code, "stays"];
  const [reason, mayPass] = found;
  return new TransferError(reason.replace("SILENCE", `${silenceMs / 1000} s`), mayPass, { cause: error });
}

const LOST = ["the connection was lost", "may pass"] as const;
const SILENT = ["nothing arrived for SILENCE", "may pass"] as const;
const UNKNOWN_HOST = ["the name of the server cannot be resolved", "stays"] as const;

/** By the `code` of the error. What fails before anything has arrived stays so, so that the next address is tried soon. */
const WORDS: Readonly<Record<string, readonly [reason: string, mayPass: TransferError["mayPass"]]>> = {
  ECONNRESET: LOST,
  EPIPE: LOST,
  UND_ERR_SOCKET: LOST,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: LOST,
  HPE_INVALID_EOF_STATE: LOST,
  UND_ERR_BODY_TIMEOUT: SILENT,
  UND_ERR_HEADERS_TIMEOUT: SILENT,
  UND_ERR_CONNECT_TIMEOUT: ["the server does not answer", "stays"],
  ETIMEDOUT: ["the server does not answer", "stays"],
  ECONNREFUSED: ["the connection was refused", "stays"],
  ENETUNREACH: ["the network cannot be reached", "stays"],
  EHOSTUNREACH: ["the server cannot be reached", "stays"],
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
};
