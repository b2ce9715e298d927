// The type of functions that record a tfjs kernel, with its inputs and attributes, as kernels of the vocabulary.

import type { Info, Recorder } from "./recorder.js";

/** Inputs by their names in tfjs. */
export type Inputs<Name extends string> = Readonly<Record<Name, Info>>;

/** The parameters are `never`, because each recording declares the inputs and attributes of its own kernel. */
export type Recording = (recorder: Recorder, inputs: never, attributes: never) => Info | Info[];
