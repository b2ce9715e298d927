// How libraries for GPUs compute, which they read from the environment when they are first used.

export interface Arithmetic {
  readonly precision: "float32" | "tf32" | "mixed";
  readonly deterministic: boolean;
}

/** Must be called before the first engine of this process is created. */
export function useArithmetic({ precision, deterministic }: Arithmetic): void {
  // NVIDIA's libraries and TensorFlow use TF32 for products of float32 unless they are told not to.
  if (precision === "tf32") delete process.env.NVIDIA_TF32_OVERRIDE;
  else process.env.NVIDIA_TF32_OVERRIDE = "0";
  if (deterministic) process.env.TF_DETERMINISTIC_OPS = "1";
}

/** Whether TensorFlow has been told to return the same numbers each time. */
export function isDeterministic(): boolean {
  return process.env.TF_DETERMINISTIC_OPS === "1";
}
