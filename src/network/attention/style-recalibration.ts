// Style-based recalibration (Lee, Kim, Nam 2019): y = x sigmoid(BN(w1 mean + w2 deviation)) with the mean and the standard
// deviation over the pixels, and w1 and w2 per channel. Parameters: 4 C (w1, w2, gamma, beta). As in the authors' code, the
// deviation is unbiased, with 1e-5 added to the variance; the weights start at 0, so that every factor is 1/2, and do not decay,
// since BatchNorm cancels their scale.

import { type Gate, scaledBySigmoid } from "./gate.js";

export const styleRecalibration: Gate<"srm"> = (builder, { input, name, path }) => {
  const mean = builder.add("global-avg-pool", `${name}.mean`, [input], path, {});
  const deviation = builder.add("global-std-pool", `${name}.deviation`, [input], path, {});
  const style = builder.add("stack", `${name}.style`, [mean, deviation], path, {});
  const score = builder.add("channel-dense", `${name}.integrate`, [style], path, {});
  const norm = builder.gateNorm(score, `${name}.integrate`, path);
  return scaledBySigmoid(builder, { input, name, path }, norm);
};
