// What tables say of a variant beyond names and numbers: its axes, and what it was made to cost.

import type { AxisValue } from "../config/sweep.js";
import { json } from "./columns.js";

/** Axis of the sweep -> this variant's value of it. */
export type AxisValues = Readonly<Record<string, AxisValue>>;

/** How a variant was made to cost as much as another. */
export interface Match {
  readonly cost: "params" | "macs";
  /** The other variant. */
  readonly of: string;
  /** As in `widths 64 -> 66`. */
  readonly change: string;
  /** Its cost over that of the other. */
  readonly ratio: number;
}

export const axes = (meaning: string) =>
  json({
    holds: "an object of axes and their values",
    meaning,
    accepts: (value): value is AxisValues => isObject(value) && Object.values(value).every(isAxisValue),
  });

export const match = (meaning: string) =>
  json({
    holds: "an object of cost, of, change and ratio",
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
  return cost === "params" ? "parameters" : "MACs";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAxisValue(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
