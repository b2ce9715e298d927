// The status of a run of a sweep.

interface Meaning {
  /** Whether the run keeps this status until the sweep is started again. */
  readonly isOver: boolean;
  /** Whether the run has a result, which takes part in comparisons. */
  readonly isFinished: boolean;
  /** Whether the run is left out on purpose, so that it is not missing. */
  readonly isLeftOut?: true;
}

/** Status, as shown in plan.csv and to users -> its meaning. */
export const RUN_STATUSES = {
  pending: { isOver: false, isFinished: false },
  running: { isOver: false, isFinished: false },
  finished: { isOver: true, isFinished: true },
  failed: { isOver: true, isFinished: false },
  /** Everything was decided without it. */
  unneeded: { isOver: true, isFinished: false, isLeftOut: true },
  /** Its variant is not among the best after some epochs. */
  stopped: { isOver: true, isFinished: false, isLeftOut: true },
} as const satisfies Readonly<Record<string, Meaning>>;

export type RunStatus = keyof typeof RUN_STATUSES;

export interface RunState {
  readonly status: RunStatus;
  /** Why it failed, is not needed or was stopped, or where it was copied from; otherwise empty. */
  readonly reason: string;
}

/** Whether a run with this status is left out on purpose. */
export function isLeftOut(status: RunStatus): boolean {
  return "isLeftOut" in RUN_STATUSES[status];
}

export const PENDING: RunState = { status: "pending", reason: "" };
