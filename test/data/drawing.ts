// Streams of random numbers for tests.

import assert from "node:assert/strict";
import { type RandomStream, randomStream } from "../../src/random.js";

/** Draws the given numbers, one after the other. */
export function drawing(numbers: readonly number[]): RandomStream {
  const left = [...numbers];
  const next = () => left.shift() ?? assert.fail("one draw too many");
  return { uniform: next, integer: next, normal: next, state: () => [] };
}

/** A random stream that notes what is drawn: the bound of an integer, or the kind of number. */
export function recording(label: number): { random: RandomStream; drawn: (number | string)[] } {
  const stream = randomStream("test", label);
  const drawn: (number | string)[] = [];
  const noted = <Value>(what: number | string, value: Value): Value => {
    drawn.push(what);
    return value;
  };
  const random: RandomStream = {
    uniform: () => noted("uniform", stream.uniform()),
    integer: (bound) => noted(bound, stream.integer(bound)),
    normal: () => noted("normal", stream.normal()),
    state: stream.state,
  };
  return { random, drawn };
}
