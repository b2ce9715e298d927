// Checks of a variant that a schema cannot express: its axes are used, and `set` and `match` are consistent.

import type { Location, Path, Report } from "../diagnostic.js";
import { didYouMean } from "../suggest.js";
import { type AxisValue, allCombinations, axesOf, isCombination, pointsOf } from "./axes.js";
import { placeholders } from "./placeholders.js";
import { BOTH_SPELLINGS, shortName } from "./shorthand.js";
import type { Located } from "./source.js";
import type { Variant as WrittenVariant } from "./sweep-schema.js";

interface CheckParts {
  readonly path: Path;
  readonly located: Located;
  readonly report: Report;
}

export function checkVariant(variant: WrittenVariant, parts: CheckParts): void {
  checkAxes(variant, parts);
  checkZip(variant, parts);
  checkExclude(variant, parts);
  checkPlaceholders(variant, parts);
  checkSet(variant, parts);
  checkMatch(variant, parts);
}

/** Each axis belongs to either `grid` or `zip`, is used, and has no duplicate values. */
function checkAxes(variant: WrittenVariant, { path, report }: CheckParts): void {
  const { grid = {}, zip = {} } = variant;
  for (const name of Object.keys(grid))
    if (Object.hasOwn(zip, name))
      report(
        "duplicate-axis",
        `the axis \`${name}\` is in both \`grid\` and \`zip\``,
        [...path, "zip", name],
        "key",
      );
  const used = placeholders(JSON.stringify([variant.set ?? {}, variant.match ?? {}]));
  for (const [kind, axes] of Object.entries({ grid, zip }))
    for (const name of Object.keys(axes))
      if (!used.includes(name))
        report(
          "unused-axis",
          `\`set\` does not use the axis \`${name}\`; write \${${name}} where its values should go`,
          [...path, kind, name],
          "key",
        );
  for (const [name, values] of Object.entries(grid)) {
    // Names in a mapping differ anyway.
    if (!Array.isArray(values)) continue;
    const repeated = repeatedIn(values);
    if (repeated >= 0)
      report("duplicate-value", `\`${name}\` contains ${JSON.stringify(values[repeated])} twice`, [
        ...path,
        "grid",
        name,
        repeated,
      ]);
  }
}

/** Axes that advance together have the same number of values, and no combination of values occurs twice. */
function checkZip({ zip = {} }: WrittenVariant, { path, report }: CheckParts): void {
  const axes = Object.entries(zip).map(([name, values]) => [name, pointsOf(values)] as const);
  const [first] = axes;
  if (!first) return;
  const lengths = axes.map(([, points]) => points.length);
  if (new Set(lengths).size > 1) {
    report(
      "unequal-zip",
      `axes in \`zip\` advance together, so they must have the same number of values; found ${lengths.join(", ")}`,
      [...path, "zip"],
      "key",
    );
    return;
  }
  const row = repeatedIn(first[1].map((_, at) => axes.map(([, points]) => points[at]?.label)));
  if (row < 0) return;
  const values = axes.map(([name, points]) => `${name} = ${points[row]?.label}`).join(", ");
  report("duplicate-value", `\`zip\` contains the same combination of values twice: ${values}`, [
    ...path,
    "zip",
    first[0],
    row,
  ]);
}

/** Each entry has values of axes, and leaves out something that the entries before it do not; something is left. */
function checkExclude({ grid, zip, exclude }: WrittenVariant, { path, report }: CheckParts): void {
  if (exclude === undefined) return;
  const axes = { ...axesOf(grid), ...axesOf(zip) };
  let mistakes = 0;
  const fail = (...about: Parameters<Report>) => {
    mistakes++;
    report(...about);
  };
  for (const [index, entry] of exclude.entries())
    for (const [name, label] of Object.entries(entry)) {
      const place = [...path, "exclude", index, name];
      const points = Object.hasOwn(axes, name) ? axes[name] : undefined;
      const labels = points?.map((point) => String(point.label)) ?? [];
      if (!points)
        fail(
          "unknown-axis",
          `\`${name}\` is not an axis of this variant${didYouMean(name, Object.keys(axes))}`,
          place,
          "key",
        );
      else if (!points.some((point) => point.label === label))
        fail(
          "not-allowed",
          `\`${name}\` has no value ${JSON.stringify(label)}${didYouMean(String(label), labels) || `; its values are ${labels.join(", ")}`}`,
          place,
        );
    }
  if (mistakes > 0) return;
  let left = allCombinations({ grid: axesOf(grid), zip: axesOf(zip) });
  for (const [index, entry] of exclude.entries()) {
    const kept = left.filter((one) => !isCombination(one, entry as Readonly<Record<string, AxisValue>>));
    if (kept.length === left.length)
      report("unused-key", "this excludes no combination that those before it have not excluded", [
        ...path,
        "exclude",
        index,
      ]);
    left = kept;
  }
  if (left.length === 0)
    report("out-of-range", "`exclude` leaves nothing of the grid", [...path, "exclude"], "key");
}

/** Every `${name}` is an axis. */
function checkPlaceholders(variant: WrittenVariant, { path, report }: CheckParts): void {
  const axes = [...Object.keys(variant.grid ?? {}), ...Object.keys(variant.zip ?? {})];
  const check = (text: string, place: Path, part: "key" | "value") => {
    for (const name of placeholders(text))
      if (!axes.includes(name))
        report(
          "unknown-axis",
          `\`\${${name}}\` is not an axis of this variant${didYouMean(name, axes)}`,
          place,
          part,
        );
  };
  check(variant.name, [...path, "name"], "value");
  for (const [key, value] of Object.entries(variant.set ?? {})) {
    check(key, [...path, "set", key], "key");
    check(JSON.stringify(value), [...path, "set", key], "value");
  }
  for (const cost of COSTS) check(variant.match?.[cost] ?? "", [...path, "match", cost], "value");
}

function checkSet({ set = {} }: WrittenVariant, { path, located, report }: CheckParts): void {
  for (const [key, value] of Object.entries(set)) {
    const place = [...path, "set", key];
    if (value === null && !isNullWritten(located.locate(place, "value")))
      report(
        "empty-value",
        `\`${key}\` has no value; to remove the key, write \`null\` or \`~\``,
        place,
        "key",
      );
    const short = shortName(key);
    if (short !== null && Object.hasOwn(set, short)) report("both-given", BOTH_SPELLINGS, place, "key");
  }
}

const COSTS = ["params", "macs"] as const;

function checkMatch({ match }: WrittenVariant, { path, report }: CheckParts): void {
  if (match === undefined) return;
  const costs = COSTS.filter((cost) => match[cost] !== undefined);
  if (costs.length !== 1)
    report(
      costs.length === 0 ? "nothing-to-match" : "both-given",
      "`match` must name a variant under either `params` or `macs`, but not both",
      [...path, "match"],
      "key",
    );
}

/** Whether null was written out: YAML also reads an empty value as null. */
function isNullWritten({ text, line, column }: Location): boolean {
  return /^(?:~|null\b)/i.test(text.split("\n")[line - 1]?.slice(column - 1) ?? "");
}

/** Index of the first repeated value, or -1. */
function repeatedIn(values: readonly unknown[]): number {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.findIndex((text, at) => texts.indexOf(text) !== at);
}
