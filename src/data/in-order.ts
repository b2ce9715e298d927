// Work that takes time -> its results in order, some of it begun before the results are needed.

export interface Ahead<Result> {
  readonly count: number;
  /** How many results are worked on while another is used. */
  readonly ahead: number;
  begin(index: number): Promise<Result>;
}

/** If something fails, so does waiting for its result, and not before that. */
export async function* inOrder<Result>({ count, ahead, begin }: Ahead<Result>): AsyncGenerator<Result> {
  const coming: Promise<Result>[] = [];
  for (let next = 0; next < count; next++) {
    while (coming.length <= ahead && next + coming.length < count) {
      const result = begin(next + coming.length);
      result.catch(() => {});
      coming.push(result);
    }
    yield await (coming.shift() as Promise<Result>);
  }
}
