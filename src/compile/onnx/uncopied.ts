// Runs whose outputs are written into given tensors and nowhere else.
//
// onnxruntime-node 1.30 copies every output once more into new memory, even if it was given a tensor for it. With Adam, those of
// SE-ResNet-50 are 300 MB a step, for which the system has to find pages, and of which V8 has to get rid. The copies are made one
// after the other once the run is over, and end with an error at the first output that is not a tensor. So a model is given one more
// output, an empty list, before the others. (ONNX Runtime's next version returns the tensors that it was given: then this file can go.)

import type { Tensor } from "onnxruntime-node";
import type { OnnxBuilder } from "./builder.js";
import type { DeclaredValue } from "./messages.js";
import type { Session } from "./session.js";

const REFUSED = "Non tensor type is temporarily not supported";

/** The output that has to be the first of a model whose outputs are not to be copied. Adds a node. */
export function firstOutput(builder: OnnxBuilder): DeclaredValue {
  return { name: builder.op("SequenceEmpty", []), shape: [], isSequence: true };
}

/** `outputs`: a tensor for each output but the first, in which the run leaves its results. */
export async function runInto(
  session: Session,
  feeds: Readonly<Record<string, Tensor>>,
  { first, outputs }: { first: string; outputs: Readonly<Record<string, Tensor>> },
): Promise<void> {
  try {
    await session.run(feeds, { ...outputs, [first]: null });
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(REFUSED))) throw error;
  }
}
