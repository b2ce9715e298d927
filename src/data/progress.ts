// How far the preparation of a dataset has come.

export interface DataProgress {
  /** For example `packing images`. */
  readonly what: string;
  readonly done: number;
  readonly of: number;
}

export type OnProgress = (progress: DataProgress) => void;
