// The learning rate at each step.

import type { Milestone, ScheduleSpec } from "../config/experiment-spec.js";

export interface ScheduleScale {
  readonly learningRate: number;
  readonly epochs: number;
  /** Steps of the optimizer, like all steps here. */
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step (from 0). The linear warm-up is a factor on top of the schedule. */
export function learningRateAt(
  schedule: ScheduleSpec,
  step: number,
  { learningRate, epochs, stepsPerEpoch }: ScheduleScale,
): number {
  const warm = schedule.warmup > 0 ? Math.min(1, (step + 1) / (schedule.warmup * stepsPerEpoch)) : 1;
  return learningRate * warm * factorAt(schedule, step, { epochs, stepsPerEpoch });
}

function factorAt(
  schedule: ScheduleSpec,
  step: number,
  { epochs, stepsPerEpoch }: Omit<ScheduleScale, "learningRate">,
): number {
  const epoch = step / stepsPerEpoch;
  switch (schedule.name) {
    case "constant":
      return 1;
    case "steps":
      return schedule.factor ** schedule.at.filter((milestone) => isPast(milestone, { epoch, step })).length;
    case "cosine": {
      // The cosine starts at the end of the warm-up.
      const progress =
        Math.max(0, epoch - schedule.warmup) / Math.max(epochs - schedule.warmup, Number.EPSILON);
      return schedule.final + ((1 - schedule.final) * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2;
    }
  }
}

function isPast(milestone: Milestone, { epoch, step }: { epoch: number; step: number }): boolean {
  return typeof milestone === "number" ? epoch >= milestone : step >= Number.parseInt(milestone, 10);
}
