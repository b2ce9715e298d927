// What libraries say when the memory of a device or of the machine does not suffice.

export class OutOfMemoryError extends Error {
  override readonly name = "OutOfMemoryError";
}

/** Of TensorFlow on any device; of ONNX Runtime on the CPU and CUDA, and on WebGPU. */
const MESSAGES = /OOM when allocating|RESOURCE_EXHAUSTED|bad_alloc|Failed to allocate memory|out of memory/i;

/** Throws OutOfMemoryError instead of what a library throws for that. */
export function withMemoryErrors(error: unknown): never {
  if (error instanceof Error && MESSAGES.test(error.message)) throw new OutOfMemoryError("out of memory");
  throw error;
}
