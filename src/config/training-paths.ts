// Paths of values of training that a sweep varies beside its variants: what they may be.

import type { Path, Report } from "../diagnostic.js";
import { axesOf } from "./axes.js";
import { PLACEHOLDER } from "./placeholders.js";
import type { Sweep as WrittenSweep, Variant as WrittenVariant } from "./sweep-schema.js";

/** Whether one of two paths is the other or below it. */
export function overlap(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

interface PathParts {
  readonly written: WrittenSweep;
  readonly report: Report;
}

/**
 * A path under `random` or `tune` is one of training, no other path of the section is part of it, and no variant sets it. `place`: where
 * it is written.
 */
export function checkTrainingPath(path: string, place: Path, { written, report }: PathParts): void {
  const section = String(place[0]);
  if (!path.startsWith("training."))
    report(
      "unsafe-path",
      `\`${section}\` is for values of training, such as \`training.optimizer.learningRate\`; use an axis of a variant for \`${path}\``,
      place,
      "key",
    );
  const all = Object.keys((section === "random" ? written.random : written.tune?.over) ?? {});
  const whole = all.find((other) => path.startsWith(`${other}.`));
  if (whole !== undefined)
    report(
      "both-given",
      `\`${path}\` is part of \`${whole}\`, which is in \`${section}\` as well`,
      place,
      "key",
    );
  for (const [index, variant] of written.variants.entries())
    for (const key of Object.keys(variant.set ?? {}))
      if (filledKeys(key, variant).some((filled) => overlap(filled, path)))
        report(
          "both-given",
          `\`${path}\` is in \`${section}\`, so a variant cannot set \`${key}\``,
          ["variants", index, "set", key],
          "key",
        );
}

/** A key of `set` with every value of the axes in it. */
function filledKeys(key: string, { grid, zip }: WrittenVariant): string[] {
  const axes = { ...axesOf(grid), ...axesOf(zip) };
  const [found, name] = new RegExp(PLACEHOLDER.source).exec(key) ?? [];
  const points = name !== undefined && Object.hasOwn(axes, name) ? (axes[name] ?? []) : [];
  return found === undefined
    ? [key]
    : points.flatMap(({ label }) =>
        filledKeys(
          key.replaceAll(found, () => String(label)),
          { grid, zip } as WrittenVariant,
        ),
      );
}
