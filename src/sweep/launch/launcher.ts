// The interface of a launcher, which starts workers, on this machine or elsewhere.

/** What is known of the workers of a sweep. */
export interface Workers {
  readonly waiting: number;
  readonly running: number;
  /** Why they wait, in the words of whoever makes them wait; otherwise empty. */
  readonly why: string;
}

export interface Launcher {
  /** The number of workers that a sweep should have while there are runs for them. */
  readonly workers: number;
  /**
   * How workers relate to the command that started them. `attached`: they end with it. Otherwise they go on without it, and how often
   * it may start more of them because too few are left is limited.
   */
  readonly isAttached: boolean;
  readonly mostStarts: number;
  /** Starts more workers for the sweep in a folder. Throws InputError if that is not possible. */
  start(folder: string, workers: number): Promise<void>;
  /** Null if it cannot be found out at the moment. Rejects if a worker ended because of an error outside of a run. */
  state(folder: string): Promise<Workers | null>;
  /** Ends all workers of the sweep at once; the epochs that they have finished are kept. */
  stop(folder: string): Promise<void>;
  /** The last that workers have said, and where more of it is; empty if they have said nothing. */
  lastWords(folder: string): string;
}
