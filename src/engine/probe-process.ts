// A process that tries a device or TensorFlow and sends the result, because native libraries print messages and may crash.

import { whyUnavailable } from "../compile/onnx/session.js";
import { isDevice } from "../runtime/devices.js";
import {
  findTensorFlow,
  isFound,
  type TensorFlowFound,
  type TensorFlowMissing,
} from "../runtime/find-tensorflow.js";

export type ProbeResult =
  | { readonly kind: "device"; readonly reason: string | null }
  | { readonly kind: "tensorflow"; readonly result: TensorFlowFound | TensorFlowMissing };

const device = process.argv[2];
const result: ProbeResult = isDevice(device)
  ? { kind: "device", reason: await whyUnavailable(device) }
  : { kind: "tensorflow", result: describeTensorFlow() };
process.send?.(result, () => process.exit());

/** Without what cannot be sent. */
function describeTensorFlow(): TensorFlowFound | TensorFlowMissing {
  const result = findTensorFlow();
  if (!isFound(result)) return result;
  const { packageName, version, tensorflow, hasGpu } = result;
  return { packageName, version, tensorflow, hasGpu };
}
