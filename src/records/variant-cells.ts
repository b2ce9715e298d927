// The JSON cells that describe a variant: its axes, and how its cost was matched to that of another.

import type { AxisValue } from "../config/axes.js";
import { json } from "./columns.js";

/** Axis of the sweep -> its value for this variant. */
export type AxisValues = Readonly<Record<string, AxisValue>>;

/** Axes may be called as what every object has, such as `constructor`. */
export function valueOn(axes: AxisValues, axis: string): AxisValue | undefined {
  return Object.hasOwn(axes, axis) ? axes[axis] : undefined;
}

/** How the cost of a variant was matched to that of another. */
export interface Match {
  readonly cost: "params" | "macs";
  /** The name of the other variant. */
  readonly of: string;
  /** Such as `widths 64 -> 66`. */
  readonly change: string;
  /** The variant's cost divided by that of the other. */
  readonly ratio: number;
}

export const axes = (meaning: string) => values("axis", meaning);

/** Values of an experiment, by their paths. */
export const valuesByPath = (meaning: string) => values("path", meaning);

function values(key: string, meaning: string) {
  return json({
    holds: `an object with a value per ${key}`,
    meaning,
    accepts: (value): value is AxisValues => isObject(value) && Object.values(value).every(isAxisValue),
  });
}

export const match = (meaning: string) =>
  json({
    holds: "an object with cost, of, change and ratio",
    meaning,
    accepts: (value): value is Match =>
      isObject(value) &&
      (value.cost === "params" || value.cost === "macs") &&
      typeof value.of === "string" &&
      typeof value.change === "string" &&
      typeof value.ratio === "number" &&
      value.ratio > 0,
  });

export function costWords(cost: Match["cost"]): string {
  return cost === "params" ? "parameter count" : "MAC count";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAxisValue(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
