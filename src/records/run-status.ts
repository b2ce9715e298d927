// The status of a run of a sweep.

interface Meaning {
  /** Whether the run keeps this status until the sweep is started again. */
  readonly isOver: boolean;
  /** Whether the run has a result, which takes part in comparisons. */
  readonly isFinished: boolean;
}

/** Status, as shown in plan.csv and to users -> its meaning. */
export const RUN_STATUSES = {
  pending: { isOver: false, isFinished: false },
  running: { isOver: false, isFinished: false },
  finished: { isOver: true, isFinished: true },
  failed: { isOver: true, isFinished: false },
  unneeded: { isOver: true, isFinished: false },
} as const satisfies Readonly<Record<string, Meaning>>;

export type RunStatus = keyof typeof RUN_STATUSES;

export interface RunState {
  readonly status: RunStatus;
  /** Why it failed or is not needed, or where it was copied from; otherwise empty. */
  readonly reason: string;
}

export const PENDING: RunState = { status: "pending", reason: "" };
