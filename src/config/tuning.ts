// Values that are tuned for each variant -> the sweep that is trained to choose them.

import { collect, type Diagnostic, type Report } from "../diagnostic.js";
import type { AxisPoint } from "./axes.js";
import type { Located } from "./source.js";
import type { Sweep as WrittenSweep } from "./sweep-schema.js";
import type { Sweep, TuneSpec } from "./sweep-spec.js";
import { checkTrainingPath, overlap } from "./training-paths.js";

/** Null if nothing is tuned. `written` has its defaults filled in. */
export function tuneOf({ tune, variants }: WrittenSweep): TuneSpec | null {
  if (tune === undefined) return null;
  const taken = new Set(variants.flatMap(({ grid, zip }) => Object.keys({ ...grid, ...zip })));
  const over = Object.entries(tune.over).map(([path, values]) => {
    const last = path.split(".").at(-1) ?? path;
    // Axes of variants keep their names.
    let axis = last.replace(/\W/g, "_");
    while (taken.has(axis)) axis = `tuned_${axis}`;
    taken.add(axis);
    return { path, axis, values };
  });
  return { over, by: tune.by ?? "validation_error", seeds: tune.seeds ?? [] };
}

/** Checks what a schema cannot express. */
export function checkTune(written: WrittenSweep, located: Located): Diagnostic[] {
  return collect(located, (report) => {
    checkTuningSeeds(written, report);
    const paths = Object.keys(written.tune?.over ?? {});
    for (const path of paths) {
      checkTrainingPath(path, ["tune", "over", path], { written, report });
      checkNames(path, written.tune?.over[path] ?? [], report);
      for (const drawn of Object.keys(written.random ?? {}))
        if (overlap(drawn, path))
          report(
            "both-given",
            `\`${path}\` cannot be tuned, since each seed draws \`${drawn}\``,
            ["tune", "over", path],
            "key",
          );
    }
  });
}

/** Values are parts of the names of folders. */
function checkNames(path: string, values: readonly unknown[], report: Report): void {
  const names = values.map(String);
  for (const [index, name] of names.entries()) {
    const place = ["tune", "over", path, index];
    if (names.indexOf(name) < index) report("duplicate-value", `\`${path}\` contains ${name} twice`, place);
    if (!/^[\p{L}\p{N}._=+-]{1,40}$/u.test(name))
      report(
        "unsafe-name",
        `\`${name}\` cannot be part of the name of a folder: use at most 40 letters, digits and . _ = + -`,
        place,
      );
  }
}

/** The seeds for tuning are others than those with which variants are compared. */
function checkTuningSeeds({ tune, seeds }: WrittenSweep, report: Report): void {
  const compared = Array.isArray(seeds)
    ? seeds
    : Array.from({ length: seeds?.atMost ?? 0 }, (_, index) => index + 1);
  const both = tune?.seeds?.filter((seed) => compared.includes(seed)) ?? [];
  if (both.length > 0)
    report(
      "duplicate-value",
      `${both.length === 1 ? "the seed" : "the seeds"} ${both.join(", ")} would be used to tune and to compare; tune with others, such as \`tune.seeds: [${Math.max(...compared) + 1000}]\``,
      ["tune"],
      "key",
    );
}

/** The name of a variant with a combination of values to try. */
function tunedName(name: string, { over }: TuneSpec): string {
  return [name, ...over.map(({ axis }) => `\${${axis}}`)].join("-");
}

/** The sweep in which each variant is trained with each combination of values. Its mistakes are located where the values are written. */
export function tuningSweep(sweep: Sweep, tune: TuneSpec): Sweep {
  const { over, by, seeds } = tune;
  const points = (values: readonly AxisPoint["label"][]) => values.map((value) => ({ label: value, value }));
  const axes = Object.fromEntries(over.map(({ axis, values }) => [axis, points(values)]));
  const set = Object.fromEntries(over.map(({ path, axis }) => [path, `\${${axis}}`]));
  return {
    ...sweep,
    name: `${sweep.name}-tuning`,
    variants: sweep.variants.map((variant) => ({
      ...variant,
      name: tunedName(variant.name, tune),
      set: { ...variant.set, ...set },
      grid: { ...variant.grid, ...axes },
      match: variant.match && { ...variant.match, target: tunedName(variant.match.target, tune) },
    })),
    seeds,
    question: null,
    tune: null,
    halving: null,
    compare: { baseline: null, metric: by, alpha: sweep.compare.alpha },
    locate: (path, part) => {
      const [top, , kind, key, ...rest] = path;
      const tuned = over.find((one) => key === (kind === "set" ? one.path : one.axis));
      const isTuned = top === "variants" && (kind === "set" || kind === "grid") && tuned !== undefined;
      return isTuned
        ? sweep.locate(["tune", "over", tuned.path, ...(kind === "grid" ? rest : [])], part)
        : sweep.locate(path, part);
    },
  };
}

/** What a file with the sweep above would say. `value`: that of the sweep's own file. */
export function tuningText(value: object, { seeds, by }: TuneSpec): object {
  const { tune: _, halving: __, ...written } = value as Record<string, unknown>;
  return { ...written, name: `${written.name}-tuning`, seeds, compare: { metric: by } };
}
