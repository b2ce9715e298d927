// Gather-excite with global extent (Hu, Shen, Albanie, Sun, Vedaldi 2018): y = x sigmoid(gathered).
// Parameters of theta-minus: none; theta: C H W + 2 C (depthwise convolution and BatchNorm); theta-plus: the same plus 2 C h.

import type { GraphBuilder, Insertion } from "../graph-builder.js";
import { type Gate, scaledBySigmoid } from "./gate.js";
import { reducedWidth } from "./squeeze-excitation.js";

export const gatherExcite: Gate<"ge"> = (builder, { input, name, path }, { parameters, r }) => {
  const gathered =
    parameters === "none"
      ? builder.add("global-avg-pool", `${name}.gather`, [input], path, {})
      : learnedGather(builder, { input, name, path });
  const excited = parameters === "both" ? excite(builder, { input: gathered, name, path }, r) : gathered;
  return scaledBySigmoid(builder, { input, name, path }, excited);
};

/** A depthwise convolution as large as the feature map, followed by BatchNorm. */
function learnedGather(builder: GraphBuilder, { input, name, path }: Insertion): string {
  const { height, width, channels } = builder.shape(input);
  const conv = {
    filters: channels,
    groups: channels,
    stride: 1,
    bias: false,
    padding: "valid" as const,
    dilation: 1,
  };
  const gathered = builder.add("conv", `${name}.gather`, [input], path, { ...conv, kernel: [height, width] });
  return builder.gateNorm(gathered, `${name}.gather`, path);
}

function excite(builder: GraphBuilder, { input, name, path }: Insertion, r: number): string {
  const { channels } = builder.shape(input);
  const filters = reducedWidth(channels, r);
  const reduce = builder.pointwise(input, `${name}.reduce`, path, { filters, bias: false });
  const relu = builder.add("relu", `${name}.relu`, [reduce], path, {});
  return builder.pointwise(relu, `${name}.expand`, path, { filters: channels, bias: false });
}
