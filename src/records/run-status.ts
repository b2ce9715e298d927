// What becomes of a run of a sweep.

interface Meaning {
  /** Whether nothing more becomes of it before the sweep is started again. */
  readonly isOver: boolean;
  /** Whether it has a result, which counts in a comparison. */
  readonly isFinished: boolean;
}

/** Status, as plan.csv and people read it -> what it means. */
export const RUN_STATUSES = {
  pending: { isOver: false, isFinished: false },
  running: { isOver: false, isFinished: false },
  finished: { isOver: true, isFinished: true },
  failed: { isOver: true, isFinished: false },
} as const satisfies Readonly<Record<string, Meaning>>;

export type RunStatus = keyof typeof RUN_STATUSES;

export interface RunState {
  readonly status: RunStatus;
  /** Why it failed, or where it was copied from. */
  readonly reason: string;
}
