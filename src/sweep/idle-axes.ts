// The variants of one entry of a sweep -> diagnostics for axes that change nothing.

import type { VariantSpec } from "../config/sweep.js";
import type { Path, Report } from "../diagnostic.js";
import { runOf, type Variant } from "./variant.js";

/** Reports each axis whose values all result in the same run for every combination of the other axes. */
export function checkIdleAxes(
  variants: readonly Variant[],
  { spec: { grid, zip }, path, report }: { spec: VariantSpec; path: Path; report: Report },
): void {
  const identity = (variant: Variant) => runOf(variant, 0).fingerprint;
  const idle = (names: readonly string[]) => {
    const groups = new Map<string, string[]>();
    for (const variant of variants) {
      const others = JSON.stringify(Object.entries(variant.axes).filter(([name]) => !names.includes(name)));
      groups.set(others, [...(groups.get(others) ?? []), identity(variant)]);
    }
    // If combinations are excluded, some of the others may have a single value of the axis, which shows nothing.
    const telling = [...groups.values()].filter(({ length }) => length > 1);
    return telling.length > 0 && telling.every((fingerprints) => new Set(fingerprints).size === 1);
  };
  const reportIdle = (kind: "grid" | "zip", name: string) =>
    report(
      "idle-axis",
      `all values of \`${name}\` result in the same network, data and training`,
      [...path, kind, name],
      "key",
    );
  for (const [name, values] of Object.entries(grid))
    if (values.length > 1 && idle([name])) reportIdle("grid", name);
  const [first] = Object.entries(zip);
  if (first && first[1].length > 1 && idle(Object.keys(zip))) reportIdle("zip", first[0]);
}
