// The axes of a variant -> their points, and the combinations of these.

import type { Axes as WrittenAxes } from "./sweep-schema.js";

/** What names and tables show of a value. */
export type AxisValue = string | number | boolean;

/** A value of an axis. */
export interface AxisPoint {
  /** The value itself if it is a number or a word, otherwise its name. */
  readonly label: AxisValue;
  readonly value: unknown;
}

export type Axes = Readonly<Record<string, readonly AxisPoint[]>>;

export type Combination = Readonly<Record<string, AxisPoint>>;

export function axesOf(written: WrittenAxes | undefined): Axes {
  return Object.fromEntries(Object.entries(written ?? {}).map(([name, values]) => [name, pointsOf(values)]));
}

/** `{ small: [8, 8], wide: [16, 16] }` has two points, and so has `[8, 16]`. */
export function pointsOf(values: WrittenAxes[string]): AxisPoint[] {
  return Array.isArray(values)
    ? values.map((value) => ({ label: value, value }))
    : Object.entries(values).map(([label, value]) => ({ label, value }));
}

export interface Combined {
  readonly grid: Axes;
  readonly zip: Axes;
  /** Labels of some axes: combinations with these are left out. */
  readonly exclude: readonly Readonly<Record<string, AxisValue>>[];
}

/** Every combination of the grid with every step of the zip, without the excluded ones. The last axis of the grid changes fastest but one. */
export function combinations({ grid, zip, exclude }: Combined): Combination[] {
  return allCombinations({ grid, zip }).filter((one) => !exclude.some((entry) => isCombination(one, entry)));
}

export function allCombinations({ grid, zip }: Pick<Combined, "grid" | "zip">): Combination[] {
  const steps = Object.values(zip)[0]?.length ?? 1;
  const zipped = Array.from({ length: steps }, (_, step) =>
    Object.fromEntries(Object.entries(zip).map(([name, points]) => [name, points[step] as AxisPoint])),
  );
  return Object.entries(grid)
    .reduce<Combination[]>(
      (made, [name, points]) => made.flatMap((one) => points.map((point) => ({ ...one, [name]: point }))),
      [{}],
    )
    .flatMap((one) => zipped.map((step) => ({ ...one, ...step })));
}

/** Whether a combination has all of these labels. */
export function isCombination(one: Combination, entry: Readonly<Record<string, AxisValue>>): boolean {
  return Object.entries(entry).every(([name, label]) => one[name]?.label === label);
}

export function labelsOf(one: Combination): Readonly<Record<string, AxisValue>> {
  return Object.fromEntries(Object.entries(one).map(([name, { label }]) => [name, label]));
}
