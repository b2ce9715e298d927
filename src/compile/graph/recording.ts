// How a tfjs kernel is recorded: from its inputs and attributes to kernels of the vocabulary.

import type { Info, Recorder } from "./recorder.js";

/** Inputs by tfjs' names. */
export type Inputs<Name extends string> = Readonly<Record<Name, Info>>;

/** `never`, since each recording declares the inputs and attributes of its own kernel. */
export type Recording = (recorder: Recorder, inputs: never, attributes: never) => Info | Info[];
