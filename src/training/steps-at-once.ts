// How many steps a call of a program should take, found out during the first ones. The numbers do not depend on it.

import type { Program } from "../runtime/program.js";

/** Progress is shown after each call, and a run ends early only between two. */
const MOST_MILLISECONDS = 250;
const MOST_BYTES = 256e6;
/** Each number of steps that is tried is so many times the one before. */
const FACTOR = 4;
/** Of each number. The first call takes longer, and does not count. */
const CALLS = 4;
/** More steps are worthwhile if each takes less than this share of the time. */
const WORTHWHILE = 0.97;

export class StepsAtOnce {
  #best = { steps: 1, milliseconds: Number.POSITIVE_INFINITY };
  #tried = 1;
  #isSettled: boolean;
  #times: number[] = [];

  constructor({ joinsSteps }: Pick<Program, "joinsSteps">) {
    this.#isSettled = !joinsSteps;
  }

  /** The number of steps of the next call. */
  get count(): number {
    return this.#isSettled ? this.#best.steps : this.#tried;
  }

  /** To be told of each call: its number of steps, the time since the one before it, and the bytes of the inputs of a step. */
  note({ steps, milliseconds, bytes }: { steps: number; milliseconds: number; bytes: number }): void {
    if (this.#isSettled || steps !== this.#tried) return;
    this.#times.push(milliseconds / steps);
    if (this.#times.length < CALLS) return;
    const fastest = Math.min(...this.#times.slice(1));
    this.#times = [];
    const isWorthwhile = fastest < WORTHWHILE * this.#best.milliseconds;
    if (isWorthwhile) this.#best = { steps, milliseconds: fastest };
    const more = steps * FACTOR;
    this.#tried = more;
    this.#isSettled = !isWorthwhile || more * fastest > MOST_MILLISECONDS || more * bytes > MOST_BYTES;
  }
}
