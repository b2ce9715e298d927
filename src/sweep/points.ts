// A sweep -> its points, one per variant: names, axes and checked experiments, as far as the files alone determine them.

import { type Combination, combinations, labelsOf } from "../config/axes.js";
import type { Checked } from "../config/experiment.js";
import { type Override, parsePath } from "../config/override.js";
import { PLACEHOLDER, placeholders } from "../config/placeholders.js";
import { drawnValues } from "../config/random-values.js";
import type { MatchSpec, PathValues, Sweep, VariantSpec } from "../config/sweep.js";
import { collect, type Diagnostic, type Report } from "../diagnostic.js";
import { checkWith } from "../experiment/check.js";
import type { CheckedExperiment } from "../experiment/checked-experiment.js";
import type { AxisValues } from "../records/variant-cells.js";
import { didYouMean } from "../suggest.js";

export interface Point extends CheckedExperiment {
  /** The index of its entry under `variants` in the file. */
  readonly index: number;
  readonly name: string;
  /** The name before the values of its axes are filled in, as in `se-r${r}`. */
  readonly template: string;
  readonly axes: AxisValues;
  /** Its target is a name with placeholders filled in. */
  readonly match: MatchSpec | null;
  /** What has been tuned for it; null if nothing has. */
  readonly tuned: PathValues | null;
  /** The experiment with what a seed draws; null if nothing is random. */
  readonly ofSeed: ((seed: number) => Checked<CheckedExperiment>) | null;
}

export interface CheckedPoints {
  readonly points: readonly Point[];
  /** The mistakes in the points that are left out, and in the sweep itself. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Returns every combination of every variant, as far as it can be checked without data. */
export function checkedPoints(sweep: Sweep, overrides: readonly Override[]): CheckedPoints {
  const diagnostics: Diagnostic[] = [];
  const { experiment, directory } = sweep;
  const points = sweep.variants.flatMap((spec, index) =>
    combinations(spec).flatMap((combination): Point[] => {
      const axes = labelsOf(combination);
      const name = fillIn(spec.name, axes);
      const tuned = sweep.tuned.get(name) ?? null;
      const own = [
        ...variantOverrides(sweep, index, combination),
        ...valueOverrides(sweep, tuned ?? {}, ["tune", "over"]),
      ];
      const checked = checkWith(experiment, directory, [...own, ...overrides]);
      if (!checked.ok) {
        diagnostics.push(...checked.diagnostics);
        return [];
      }
      const match = spec.match && { ...spec.match, target: fillIn(spec.match.target, axes) };
      const ofSeed = (seed: number) => {
        const drawn = valueOverrides(sweep, drawnValues(sweep.random, seed), ["random"]);
        return checkWith(experiment, directory, [...own, ...drawn, ...overrides]);
      };
      const drawing = { ofSeed: sweep.random.length > 0 ? ofSeed : null };
      return [{ ...checked.value, index, name, template: spec.name, axes, match, tuned, ...drawing }];
    }),
  );
  diagnostics.push(
    ...collect(sweep, (report) => {
      checkNames(sweep, report);
      checkMatches(points, report);
    }),
  );
  return { points, diagnostics };
}

function variantOverrides(sweep: Sweep, index: number, combination: Combination): Override[] {
  const axes = labelsOf(combination);
  return Object.entries(sweep.variants[index]?.set ?? {}).map(([path, value]) => {
    const place = ["variants", index, "set", path];
    return {
      path: parsePath(fillIn(path, axes)),
      value: fillInValue(value, combination),
      directory: sweep.folder,
      key: sweep.locate(place, "key"),
      locate: (within, part) => sweep.locate([...place, ...within], part),
    };
  });
}

/** `section`: the part of the sweep in which the values are given by path. */
function valueOverrides(sweep: Sweep, values: PathValues, section: readonly string[]): Override[] {
  return Object.entries(values).map(([path, value]) => ({
    path: parsePath(path),
    value,
    directory: sweep.folder,
    key: sweep.locate([...section, path], "key"),
    locate: () => sweep.locate([...section, path], "value"),
  }));
}

/** A string that is a single placeholder becomes the value of the axis itself; in a longer string, its label is written out. */
function fillInValue(value: unknown, combination: Combination): unknown {
  if (typeof value === "string") {
    const [name] = placeholders(value);
    return name !== undefined && value === `\${${name}}`
      ? structuredClone(combination[name]?.value)
      : fillIn(value, labelsOf(combination));
  }
  if (Array.isArray(value)) return value.map((item) => fillInValue(item, combination));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, fillInValue(inner, combination)]),
    );
  return value;
}

function fillIn(text: string, axes: AxisValues): string {
  return text.replace(PLACEHOLDER, (_, name: string) => String(axes[name]));
}

const SAFE_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._=+-]*[\p{L}\p{M}\p{N}_=+-])?$/u;

/** File systems limit names in bytes, and letters of most scripts take two or three bytes each. */
const MOST_NAME_BYTES = 200;

function checkNames(sweep: Sweep, report: Report): void {
  const namesOf = (spec: VariantSpec) => combinations(spec).map((one) => fillIn(spec.name, labelsOf(one)));
  const seen = new Set<string>();
  sweep.variants.forEach((spec, index) => {
    const path = ["variants", index, "name"];
    for (const name of namesOf(spec)) {
      // On some systems, names that differ only in case or in the encoding of accents are the same folder.
      const folder = name.normalize("NFC").toLowerCase();
      if (seen.has(folder)) {
        const unused = Object.keys({ ...spec.grid, ...spec.zip }).filter(
          (axis) => !placeholders(spec.name).includes(axis),
        );
        const hint = unused.length > 0 ? `; include \${${unused.join("} and ${")}} in the name` : "";
        report("duplicate-variant", `two variants are named \`${name}\`${hint}`, path);
        break;
      }
      if (!SAFE_NAME.test(name) || Buffer.byteLength(name) > MOST_NAME_BYTES) {
        const rule =
          "use only letters, digits and . _ = + -, start with a letter or digit, do not end with a dot, and use at most 200 bytes";
        report("unsafe-name", `\`${name}\` cannot be the name of a folder: ${rule}`, path);
        break;
      }
      seen.add(folder);
    }
  });
  const { baseline } = sweep.compare;
  const names = sweep.variants.flatMap(namesOf);
  if (baseline !== null && !names.includes(baseline)) {
    const meant = didYouMean(baseline, names) || `; the variants are ${names.join(", ")}`;
    report("unknown-variant", `there is no variant named \`${baseline}\`${meant}`, ["compare", "baseline"]);
  }
}

/** The target of a `match` must exist and must not have a `match` itself. */
function checkMatches(points: readonly Point[], report: Report): void {
  const names = points.map(({ name }) => name);
  for (const { index, name, match } of points) {
    if (!match) continue;
    const path = ["variants", index, "match", match.cost];
    const target = points.find((point) => point.name === match.target);
    if (!target)
      report(
        "unknown-variant",
        `there is no variant named \`${match.target}\`${didYouMean(match.target, names)}`,
        path,
      );
    else if (target.match)
      report(
        "matched-twice",
        `\`${name}\` cannot match \`${match.target}\`, which itself has a \`match\``,
        path,
      );
  }
}
