// The description of a gate -> its nodes, after a node of the network.

import type { AttentionSpec } from "../../config/experiment-spec.js";
import type { GateInsertion, GraphBuilder } from "../graph-builder.js";
import { bam } from "./bam.js";
import { cbam } from "./cbam.js";
import { gatedChannelTransformation, simam } from "./channel-functions.js";
import { coordinateAttention } from "./coordinate.js";
import { effectiveSe } from "./effective-se.js";
import { efficientChannelAttention } from "./efficient-channel-attention.js";
import type { Gate } from "./gate.js";
import { gatherExcite } from "./gather-excite.js";
import { constantGate, randomGate, shuffledSe } from "./placebo.js";
import { concurrentSe, spatialSe } from "./spatial-se.js";
import { squeezeExcitation } from "./squeeze-excitation.js";
import { styleRecalibration } from "./style-recalibration.js";

const GATES: { readonly [Kind in AttentionSpec["type"]]: Gate<Kind> } = {
  se: squeezeExcitation,
  eca: efficientChannelAttention,
  ese: effectiveSe,
  ge: gatherExcite,
  sse: spatialSe,
  scse: concurrentSe,
  cbam,
  bam,
  coordinate: coordinateAttention,
  gct: gatedChannelTransformation,
  simam,
  srm: styleRecalibration,
  constant: constantGate,
  random: randomGate,
  "shuffled-se": shuffledSe,
};

/** Scales the input by the gate. */
export function attend(builder: GraphBuilder, insertion: GateInsertion, spec: AttentionSpec): string {
  const gate = GATES[spec.type] as Gate<AttentionSpec["type"]>;
  return gate(builder, insertion, spec);
}
