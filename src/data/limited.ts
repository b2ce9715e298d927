// Tasks that need memory -> the same tasks, as many at a time as the memory allows.

/** Starts a task once it fits; `size`: what it needs. */
export type Limited = <Result>(size: number, task: () => Promise<Result>) => Promise<Result>;

/** Tasks run at the same time while they need no more than `most` together. One that needs more runs alone. */
export function limitedTo(most: number): Limited {
  let used = 0;
  const waiting: { readonly size: number; start(): void }[] = [];
  const startWaiting = () => {
    for (let next = waiting[0]; next && (used === 0 || used + next.size <= most); next = waiting[0]) {
      waiting.shift();
      used += next.size;
      next.start();
    }
  };
  return async (size, task) => {
    await new Promise<void>((start) => {
      waiting.push({ size, start });
      startWaiting();
    });
    try {
      return await task();
    } finally {
      used -= size;
      startWaiting();
    }
  };
}
