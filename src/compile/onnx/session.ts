// Loads ONNX models into ONNX Runtime.

import { env, InferenceSession, type Tensor } from "onnxruntime-node";
import type { Device } from "../../runtime/devices.js";
import { OnnxBuilder } from "./builder.js";

// What it has to say of libraries that it does not find is for its developers. What fails is an error all the same.
env.logLevel = "fatal";

export type Session = InferenceSession;

export interface SessionOptions {
  readonly device: Device;
  /** Outputs that stay on the device. The others are copied to the host. */
  readonly onDevice?: readonly string[];
  readonly threads: number;
  /** Prefix of profile files (Chrome trace format). If absent, there is no profiling. */
  readonly profile?: string;
}

export function createSession(
  bytes: Uint8Array,
  { device, onDevice = [], threads, profile }: SessionOptions,
): Promise<InferenceSession> {
  return InferenceSession.create(Buffer.from(bytes), {
    executionProviders: [device],
    ...(onDevice.length > 0
      ? { preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, "gpu-buffer" as const])) }
      : {}),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // The graph is already optimised. ONNX Runtime's optimiser would take seconds without making it faster.
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
    // With a pattern, ONNX Runtime keeps the memory of the first run and allocates as much again for those that follow.
    enableMemPattern: false,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  });
}

/** Whether a device can be used. */
export async function isAvailable(device: Device): Promise<boolean> {
  const builder = new OnnxBuilder();
  const [x, y] = [
    { name: "x", shape: [1] },
    { name: builder.op("Relu", ["x"]), shape: [1] },
  ];
  try {
    const session = await createSession(builder.encode({ inputs: [x], outputs: [y] }), {
      device,
      threads: 1,
    });
    await session.release();
    return true;
  } catch {
    return false;
  }
}

/** The numbers of a float32 tensor. Throws for any other tensor. */
export function floatsOf(tensor: Tensor | undefined): Float32Array {
  const data = tensor?.data;
  if (!(data instanceof Float32Array)) throw new Error("ONNX Runtime did not return a float32 tensor");
  return data;
}

/** Throws if a run has not returned this output. */
export function tensorOf(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = results[name];
  if (!tensor) throw new Error(`ONNX Runtime did not return ${name}`);
  return tensor;
}
