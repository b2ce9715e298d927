// Checks of the milestones of a schedule: they ascend, and training reaches all of them.

import type { Path, Report } from "../diagnostic.js";
import type { Milestone } from "./experiment-spec.js";
import type { LongForm } from "./shorthand.js";
import { isWritten } from "./source.js";

export interface MilestoneParts {
  readonly epochs: number;
  /** Null if the images have not been counted. Milestones in epochs and in steps are then not compared. */
  readonly stepsPerEpoch: number | null;
  readonly located: LongForm;
  readonly report: Report;
}

export function checkMilestones(
  at: readonly Milestone[],
  { epochs, stepsPerEpoch, located, report }: MilestoneParts,
): void {
  const path: Path = ["training", "schedule", "at"];
  const startOf = (milestone: Milestone) =>
    typeof milestone === "number" ? milestone * (stepsPerEpoch ?? 1) : Number.parseInt(milestone, 10);
  const unordered = at.findIndex((milestone, index) => {
    const before = at
      .slice(0, index)
      .findLast((one) => stepsPerEpoch !== null || typeof one === typeof milestone);
    return before !== undefined && startOf(milestone) <= startOf(before);
  });
  if (unordered > 0)
    report("unordered", "the epochs or steps in `at` must be in ascending order", [...path, unordered]);
  const late = at.findIndex((milestone) =>
    typeof milestone === "number"
      ? milestone >= epochs
      : stepsPerEpoch !== null && startOf(milestone) >= epochs * stepsPerEpoch,
  );
  if (late < 0) return;
  // If the training was shortened in another file or by a flag, that is the place to fix.
  const ends: Path = ["training", "epochs"];
  const isShortened =
    isWritten(located, ends) && located.locate(ends, "value").file !== located.locate(path, "value").file;
  const [what, length] =
    typeof at[late] === "number"
      ? [`epoch ${at[late]}`, `epoch ${epochs}`]
      : [
          `step ${startOf(at[late] as Milestone)}`,
          `epoch ${epochs}, which is step ${epochs * (stepsPerEpoch ?? 1)}`,
        ];
  report(
    "unused-key",
    `${what} in \`training.schedule.at\` is never reached: training ends after ${length}; change \`training.schedule.at\` too, or write it as percentages, such as [50%, 75%]`,
    isShortened ? ends : [...path, late],
  );
}
