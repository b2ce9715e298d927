// A process that tries a device or TensorFlow and sends the result, because native libraries print messages and may crash.

import { whyUnavailable } from "../compile/onnx/session.js";
import { isDevice } from "../runtime/devices.js";
import { findTensorFlow, type TensorFlowFound, type TensorFlowMissing } from "./find-tensorflow.js";

export type ProbeResult =
  | { readonly kind: "device"; readonly reason: string | null }
  | { readonly kind: "tensorflow"; readonly result: TensorFlowFound | TensorFlowMissing };

const device = process.argv[2];
const result: ProbeResult = isDevice(device)
  ? { kind: "device", reason: await whyUnavailable(device) }
  : { kind: "tensorflow", result: findTensorFlow() };
process.send?.(result, () => process.exit());
