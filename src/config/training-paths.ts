// Paths of values of training that a sweep varies beside its variants: what they may be.

import type { Path, Report } from "../diagnostic.js";
import type { Sweep as WrittenSweep } from "./sweep-schema.js";

/** Whether a path is another one or below it. */
export function isPartOf(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`);
}

export function overlap(one: string, other: string): boolean {
  return isPartOf(one, other) || isPartOf(other, one);
}

/** A path under `random` or `tune` is one of training, and no variant sets it. `place`: where it is written. */
export function checkTrainingPath(
  path: string,
  place: Path,
  { written, report }: { readonly written: WrittenSweep; readonly report: Report },
): void {
  const section = String(place[0]);
  if (!path.startsWith("training."))
    report(
      "unsafe-path",
      `\`${section}\` is for values of training, such as \`training.optimizer.learningRate\`; use an axis of a variant for \`${path}\``,
      place,
      "key",
    );
  for (const [index, { set = {} }] of written.variants.entries())
    for (const key of Object.keys(set))
      if (overlap(key, path))
        report(
          "both-given",
          `\`${path}\` is in \`${section}\`, so a variant cannot set \`${key}\``,
          ["variants", index, "set", key],
          "key",
        );
}
