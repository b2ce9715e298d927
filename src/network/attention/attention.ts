// The description of a gate -> its nodes, after a node of the network.

import type { BranchGateSpec, GateSpec } from "../../config/experiment-spec.js";
import type { GateInsertion, GraphBuilder, Insertion } from "../graph-builder.js";
import { bam } from "./bam.js";
import type { BranchGate, ReplacedConv } from "./branch-gate.js";
import { cbam } from "./cbam.js";
import { gatedChannelTransformation, simam } from "./channel-functions.js";
import { coordinateAttention } from "./coordinate.js";
import { effectiveSe } from "./effective-se.js";
import { efficientChannelAttention } from "./efficient-channel-attention.js";
import { frequencyChannelAttention } from "./frequency.js";
import type { Gate } from "./gate.js";
import { gatherExcite } from "./gather-excite.js";
import { globalContext } from "./global-context.js";
import { linearContext } from "./linear-context.js";
import { constantGate, randomGate, shuffledSe } from "./placebo.js";
import { polarized } from "./polarized.js";
import { pyramidSqueeze } from "./pyramid.js";
import { selectiveKernels } from "./selective-kernels.js";
import { concurrentSe, spatialSe } from "./spatial-se.js";
import { splitAttention } from "./split-attention.js";
import { squeezeExcitation } from "./squeeze-excitation.js";
import { styleRecalibration } from "./style-recalibration.js";
import { tripletAttention } from "./triplet.js";

const GATES: { readonly [Kind in GateSpec["type"]]: Gate<Kind> } = {
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
  gc: globalContext,
  fca: frequencyChannelAttention,
  lct: linearContext,
  triplet: tripletAttention,
  polarized,
  constant: constantGate,
  random: randomGate,
  "shuffled-se": shuffledSe,
};

/** Scales the input by the gate. */
export function attend(builder: GraphBuilder, insertion: GateInsertion, spec: GateSpec): string {
  const gate = GATES[spec.type] as Gate<GateSpec["type"]>;
  return gate(builder, insertion, spec);
}

const BRANCH_GATES: { readonly [Kind in BranchGateSpec["type"]]: BranchGate<Kind> } = {
  sk: selectiveKernels,
  "split-attention": splitAttention,
  psa: pyramidSqueeze,
};

/** Branches and a gate over them instead of a convolution, its normalisation and its activation. */
export function attendBranches(
  builder: GraphBuilder,
  insertion: Insertion,
  { conv, spec }: { readonly conv: ReplacedConv; readonly spec: BranchGateSpec },
): string {
  const gate = BRANCH_GATES[spec.type] as BranchGate<BranchGateSpec["type"]>;
  return gate(builder, insertion, { conv, spec });
}
