// Where ONNX Runtime's package is, and its version. Loads nothing of it.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const DESCRIPTION = "onnxruntime-node/package.json";

export function onnxRuntimeVersion(): string {
  return (require(DESCRIPTION) as { version: string }).version;
}

/** The folder of its native library, beside which it looks for others. */
export function onnxRuntimeFolder(): string {
  return join(dirname(require.resolve(DESCRIPTION)), "bin", "napi-v6", process.platform, process.arch);
}
