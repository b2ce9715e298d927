// Flags that several commands share -> their checked values.

import { InputError } from "../diagnostic.js";
import type { Shape } from "../network/graph.js";
import { BACKENDS, DEVICE_NAMES, type EngineOptions } from "../runtime/devices.js";
import { didYouMean } from "../suggest.js";

export interface EngineFlags {
  readonly backend: string;
  readonly device: string;
  readonly threads?: number;
  readonly xla: boolean;
}

/** Throws InputError for names that are not allowed. */
export function parseEngine({ backend, device, threads = 1, xla }: EngineFlags): EngineOptions {
  if (xla && backend !== "tensorflow" && backend !== "auto")
    throw new InputError(`--xla is for --backend tensorflow; found --backend ${backend}`);
  return {
    backend: oneOf("--backend", backend, BACKENDS),
    device: oneOf("--device", device, DEVICE_NAMES),
    threads,
    xla,
  };
}

/** Throws InputError for a name that is not among these. */
export function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (!found)
    throw new InputError(
      `${flag} must be one of ${names.join(", ")}; found ${value}${didYouMean(value, names)}`,
    );
  return found;
}

/** Throws InputError. */
export function parseInput(text: string): Shape {
  const match = /^(\d+)x(\d+)x(\d+)$/.exec(text);
  const [height, width, channels] = (match?.slice(1) ?? []).map(Number);
  if (!height || !width || !channels)
    throw new InputError(`--input must be HEIGHTxWIDTHxCHANNELS, such as 32x32x3; found ${text}`);
  return { height, width, channels };
}
