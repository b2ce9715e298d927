// Placebos: the same operations as a gate, but independent of the image. Any gain they bring is not due to attention.
// Parameters: C for the learned constant, none for the random factors, those of SE for the shuffled SE.

import type { Gate } from "./gate.js";
import { ORIGINAL, reducedWidth, vectorGate } from "./squeeze-excitation.js";

export const constantGate: Gate<"constant"> = (builder, { input, name, path }) =>
  builder.add("channel-function", name, [input], path, { kind: "factors" });

export const randomGate: Gate<"random"> = (builder, { input, name, path }) =>
  builder.add("channel-function", name, [input], path, { kind: "random-factors" });

/** The factors are those of the next image in the batch. */
export const shuffledSe: Gate<"shuffled-se"> = (builder, { input, name, path }, { r, bias }) => {
  const other = builder.add("channel-function", `${name}.other`, [input], path, { kind: "next-image" });
  const gate = vectorGate(
    builder,
    { input: other, name, path },
    { ...ORIGINAL, width: reducedWidth(builder.shape(input).channels, r), bias },
  );
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};
