// Products of numbers that have been rounded to bfloat16, which TensorFlow computes in that type on a GPU. On the CPU, float32 is faster.

import type { Products } from "../../runtime/program.js";
import type { Value } from "../graph/kernels.js";
import { DATA_TYPES, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";

type Pair = readonly [TfTensor, TfTensor];

export const MIXED: TfLowerings<"Bfloat16"> = {
  Bfloat16: (context, { inputs: [x], outputs: [y] }) => {
    const { rounded, tensor } = context;
    const result = rounded.get(x) ?? cast(context, tensor(x), "float32", "bfloat16");
    rounded.set(y, result);
    return [() => cast(context, result, "bfloat16", "float32")];
  },
};

/** Computes in bfloat16 if both operands have been rounded to it, and the device is made for it. */
export function product(
  context: TfContext,
  { inputs: [a, b], outputs: [y] }: { inputs: readonly [Value, Value]; outputs: readonly [Value] },
  compute: (operands: Pair, type: Products) => TfTensor,
): TfTensor | readonly [() => TfTensor] {
  const { rounded, tensor, hasGpu } = context;
  const [one, other] = [rounded.get(a), rounded.get(b)];
  if (!hasGpu || !one || !other) return compute([tensor(a), tensor(b)], "float32");
  const result = compute([one, other], "bfloat16");
  rounded.set(y, result);
  return [() => cast(context, result, "bfloat16", "float32")];
}

function cast({ builder }: TfContext, x: TfTensor, from: Products, to: Products): TfTensor {
  return builder.op("Cast", [x], { SrcT: { type: DATA_TYPES[from] }, DstT: { type: DATA_TYPES[to] } });
}
