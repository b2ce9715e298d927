// A sweep file -> a checked sweep, and the located experiment its variants start from.

import { basename, dirname, resolve } from "node:path";
import { type Diagnostic, DiagnosticError, InputError, type Location, type Path } from "../diagnostic.js";
import { type Checked, resolvePath } from "./experiment.js";
import { weighed } from "./mend.js";
import { parsePath } from "./override.js";
import { fillDefaults, validateSchema } from "./schema.js";
import { BOTH_SPELLINGS, type LongForm, longForm, otherSpelling, withoutShortForms } from "./shorthand.js";
import { type Located, readSource } from "./source.js";
import { didYouMean } from "./suggest.js";
import type { Sweep as WrittenSweep, Variant as WrittenVariant } from "./sweep-schema.js";

export type AxisValue = string | number | boolean;
export type Axes = Readonly<Record<string, readonly AxisValue[]>>;

export interface VariantSpec {
  readonly name: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly grid: Axes;
  readonly zip: Axes;
  readonly match: MatchSpec | null;
}

/** The variant (its name may have placeholders) whose cost this one is to have, and how it gets there. */
export interface MatchSpec {
  readonly cost: "params" | "macs";
  readonly target: string;
  readonly by: "width" | "depth";
}

export type Metric = NonNullable<NonNullable<WrittenSweep["compare"]>["metric"]>;

export interface Sweep {
  readonly name: string;
  readonly variants: readonly VariantSpec[];
  readonly seeds: readonly number[];
  readonly compare: { readonly baseline: string | null; readonly metric: Metric };
  /** The experiment before any variant's changes, and the folder its relative paths start at. */
  readonly experiment: LongForm;
  readonly directory: string;
  /** The folder of the sweep's file, where the paths of its variants start. */
  readonly folder: string;
  locate(path: Path, part: "key" | "value"): Location;
}

/** What a YAML file describes: a sweep has `variants`. */
export function isSweep(located: Located): boolean {
  const { value } = located;
  return (
    typeof value === "object" &&
    value !== null &&
    ("variants" in value || (!("network" in value) && "experiment" in value))
  );
}

/** Reads the experiment a sweep names, too. Throws DiagnosticError and InputError. */
export function checkSweep(located: Located, file: string): Sweep {
  const errors = validateSchema("sweep", withoutShortForms(located));
  if (errors.length > 0) throw new DiagnosticError(errors);
  const written = fillDefaults("sweep", located.value) as Required<WrittenSweep>;
  const diagnostics = checkAxes(written, located);
  const base = baseOf(written, located, file);
  if (!base.ok) diagnostics.push(...base.diagnostics);
  if (diagnostics.length > 0 || !base.ok) throw new DiagnosticError(diagnostics);
  return {
    name: written.name,
    variants: written.variants.map(({ name, set, grid, zip, match }) => ({
      name,
      set: set ?? {},
      grid: (grid ?? {}) as Axes,
      zip: (zip ?? {}) as Axes,
      match: matchOf(match),
    })),
    seeds: written.seeds,
    compare: { baseline: written.compare.baseline ?? null, metric: written.compare.metric ?? "test_error" },
    ...base.value,
    folder: dirname(resolve(file)),
    locate: located.locate,
  };
}

/** How many mistakes a sweep has by itself, those of its schema before all others. */
export function sweepMistakes(located: Located): number {
  return weighed(
    validateSchema("sweep", withoutShortForms(located)).length,
    () => checkAxes(fillDefaults("sweep", located.value) as Required<WrittenSweep>, located).length,
  );
}

/** The experiment a sweep starts from, whatever else is wrong with the sweep; null where it cannot be read. */
export function baseExperiment(
  located: Located,
  file: string,
): Readonly<{ located: LongForm; directory: string }> | null {
  const { name, experiment } = (located.value ?? {}) as Partial<WrittenSweep>;
  const isGiven = typeof experiment === "string" || (typeof experiment === "object" && experiment !== null);
  if (!isGiven) return null;
  const base = baseOf({ name: name ?? "", experiment, variants: [] }, located, file);
  return base.ok ? { located: base.value.experiment, directory: base.value.directory } : null;
}

function matchOf(match: WrittenVariant["match"]): MatchSpec | null {
  if (match === undefined) return null;
  const cost = match.params === undefined ? "macs" : "params";
  return { cost, target: match[cost] as string, by: match.by ?? "width" };
}

function baseOf(
  written: WrittenSweep,
  located: Located,
  file: string,
): Checked<Pick<Sweep, "experiment" | "directory">> {
  const here = dirname(resolve(file));
  if (typeof written.experiment !== "string") {
    const experiment: Located = {
      value: { name: written.name, ...written.experiment },
      locate: (path, part) => located.locate(["experiment", ...path], part),
    };
    return { ok: true, value: { experiment: longForm(experiment), directory: here } };
  }
  const fail = (code: string, message: string) => {
    const path = ["experiment"];
    return {
      ok: false,
      diagnostics: [{ code, message, path, location: located.locate(path, "value") }],
    } as const;
  };
  try {
    // Shown as the sweep names it: relative to where the user is.
    const experiment = readSource(relativeTo(file, written.experiment));
    if (isSweep(experiment)) return fail("not-an-experiment", `\`${written.experiment}\` is a sweep itself`);
    const directory = dirname(resolvePath(written.experiment, here));
    return { ok: true, value: { experiment: longForm(experiment), directory } };
  } catch (error) {
    if (error instanceof DiagnosticError) return { ok: false, diagnostics: error.diagnostics };
    if (!(error instanceof InputError)) throw error;
    const reason = error.message.slice(error.message.lastIndexOf(": ") + 2);
    return fail(
      "no-such-file",
      `cannot read the experiment \`${written.experiment}\`: ${reason} (a path beside ${basename(file)})`,
    );
  }
}

function relativeTo(file: string, path: string): string {
  return /^(?:[/~]|\$\{HOME\})/.test(path)
    ? resolvePath(path, dirname(file))
    : `${dirname(file)}/${path}`.replace(/^\.\//, "");
}

function checkAxes(written: WrittenSweep, located: Located): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, message: string, path: Path, part: "key" | "value") =>
    diagnostics.push({ code, message, path, location: located.locate(path, part) });
  written.variants.forEach((variant, index) => {
    const path: Path = ["variants", index];
    const axes = axisNames(variant);
    for (const name of Object.keys(variant.grid ?? {}))
      if (variant.zip && Object.hasOwn(variant.zip, name))
        report(
          "duplicate-axis",
          `the axis \`${name}\` is in \`grid\` and in \`zip\``,
          [...path, "zip", name],
          "key",
        );
    for (const kind of ["grid", "zip"] as const) {
      for (const [name, values] of Object.entries(variant[kind] ?? {})) {
        const place = [...path, kind, name];
        if (!uses([variant.set, variant.match], name))
          report(
            "unused-axis",
            `nothing in \`set\` uses the axis \`${name}\`; write \${${name}} where its values go`,
            place,
            "key",
          );
        const repeated = kind === "grid" ? repeatedIn(values) : -1;
        if (repeated >= 0)
          report(
            "duplicate-value",
            `\`${name}\` has ${JSON.stringify(values[repeated])} twice`,
            [...place, repeated],
            "value",
          );
      }
    }
    const zipped = Object.entries(variant.zip ?? {});
    const lengths = zipped.map(([, values]) => values.length);
    const row = repeatedIn(zipped[0]?.[1].map((_, at) => zipped.map(([, values]) => values[at])) ?? []);
    if (new Set(lengths).size === 1 && row >= 0)
      report(
        "duplicate-value",
        `the values of \`zip\` at place ${row + 1} stand together before: ${zipped.map(([name, values]) => `${name} = ${values[row]}`).join(", ")}`,
        [...path, "zip", zipped[0]?.[0] as string, row],
        "value",
      );
    if (new Set(lengths).size > 1)
      report(
        "unequal-zip",
        `axes of \`zip\` go in step, so they are equally long; these have ${lengths.join(", ")} values`,
        [...path, "zip"],
        "key",
      );
    const checkPlaceholders = (text: string, place: Path, part: "key" | "value") => {
      for (const name of placeholders(text))
        if (!axes.includes(name))
          report(
            "unknown-axis",
            `\`\${${name}}\` is no axis of this variant${didYouMean(name, axes)}`,
            place,
            part,
          );
    };
    checkPlaceholders(variant.name, [...path, "name"], "value");
    for (const [key, value] of Object.entries(variant.set ?? {})) {
      if (value === null && !isNullWritten(located.locate([...path, "set", key], "value")))
        report(
          "empty-value",
          `\`${key}\` has no value; \`null\` or \`~\` takes the key away`,
          [...path, "set", key],
          "key",
        );
      checkPlaceholders(key, [...path, "set", key], "key");
      checkPlaceholders(JSON.stringify(value), [...path, "set", key], "value");
    }
    for (const key of Object.keys(variant.set ?? {})) {
      const steps = parsePath(key);
      const other = otherSpelling(steps);
      if (other === "se" && Object.hasOwn(variant.set ?? {}, steps.with(-1, other).join(".")))
        report("both-given", BOTH_SPELLINGS, [...path, "set", key], "key");
    }
    if (variant.match === undefined) return;
    const costs = (["params", "macs"] as const).filter((cost) => variant.match?.[cost] !== undefined);
    if (costs.length !== 1)
      report(
        costs.length === 0 ? "nothing-to-match" : "both-given",
        "`match` takes a variant under `params` or under `macs`, one of them",
        [...path, "match"],
        "key",
      );
    for (const cost of costs)
      checkPlaceholders(variant.match[cost] as string, [...path, "match", cost], "value");
  });
  return diagnostics;
}

/** YAML reads nothing as null. */
function isNullWritten({ text, line, column }: Location): boolean {
  return /^(?:~|null\b)/i.test(text.split("\n")[line - 1]?.slice(column - 1) ?? "");
}

function axisNames({ grid, zip }: WrittenVariant): string[] {
  return [...Object.keys(grid ?? {}), ...Object.keys(zip ?? {})];
}

/** Where a value stands for the second time; -1 for none. */
function repeatedIn(values: readonly unknown[]): number {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.findIndex((text, at) => texts.indexOf(text) !== at);
}

function uses(set: unknown, axis: string): boolean {
  return placeholders(JSON.stringify(set ?? {})).includes(axis);
}

/** Names in ${...}, but for ${HOME}, which belongs to paths. */
export function placeholders(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

export const PLACEHOLDER = /\$\{(?!HOME\})(\w+)\}/g;
