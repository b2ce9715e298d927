// A gate's description -> its nodes, behind a node of the network.

import type { AttentionSpec } from "../../config/experiment.js";
import type { Path } from "../../diagnostic.js";
import type { GraphBuilder } from "../graph-builder.js";
import { bam } from "./bam.js";
import { cbam } from "./cbam.js";
import { gatedChannelTransformation, simam } from "./channel-functions.js";
import { coordinateAttention } from "./coordinate.js";
import { effectiveSe } from "./effective-se.js";
import { efficientChannelAttention } from "./efficient-channel-attention.js";
import { gatherExcite } from "./gather-excite.js";
import { constantGate, randomGate, shuffledSe } from "./placebo.js";
import { concurrentSe, spatialSe } from "./spatial-se.js";
import { squeezeExcitation } from "./squeeze-excitation.js";

/** What a gate's file exports: adds the gate's nodes behind `place.input` and gives the last one's name. */
export type Gate<Kind extends AttentionSpec["type"]> = (
  builder: GraphBuilder,
  place: GatePlace,
  spec: Extract<AttentionSpec, { type: Kind }>,
) => string;

export interface GatePlace {
  readonly input: string;
  /** Of the gate: its nodes are named after it. */
  readonly name: string;
  readonly path: Path;
}

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
  constant: constantGate,
  random: randomGate,
  "shuffled-se": shuffledSe,
};

/** The input scaled by the gate. */
export function attend(builder: GraphBuilder, place: GatePlace, spec: AttentionSpec): string {
  const gate = GATES[spec.type] as Gate<AttentionSpec["type"]>;
  return gate(builder, place, spec);
}
