// A mistake in the description of a dataset that can only be found once something is known about its images.

import { InputError, type Path } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";

export class DatasetError extends InputError {
  readonly code: DiagnosticCode;
  /** The path within the description. */
  readonly path: Path;

  constructor({ code, path }: { code: DiagnosticCode; path: Path }, message: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}
