// What libraries say when the memory of a device or of the machine does not suffice.

export class OutOfMemoryError extends Error {
  override readonly name = "OutOfMemoryError";

  /** `predicted`: how much would be needed, and how much there is, in words; null if memory did run out. */
  constructor(readonly predicted: string | null = null) {
    super(predicted ?? "out of memory");
  }
}

/** Of TensorFlow on any device; of ONNX Runtime on the CPU and CUDA, and on WebGPU. */
const MESSAGES = /OOM when allocating|RESOURCE_EXHAUSTED|bad_alloc|Failed to allocate memory|out of memory/i;

/** Throws OutOfMemoryError instead of what a library throws for that. */
export function withMemoryErrors(error: unknown): never {
  if (error instanceof Error && MESSAGES.test(error.message)) throw new OutOfMemoryError();
  throw error;
}
