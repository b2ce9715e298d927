// Why a run can fail although nothing is wrong with the program. The messages say what to try.

/** The loss is not finite. The message says at which step. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/** A batch does not fit into memory. The message says which batches would. */
export class BatchTooLargeError extends Error {
  override readonly name = "BatchTooLargeError";
}

export function isFailedRun(error: unknown): error is DivergedError | BatchTooLargeError {
  return error instanceof DivergedError || error instanceof BatchTooLargeError;
}
