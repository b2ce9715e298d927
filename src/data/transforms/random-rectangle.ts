// Draws the sides of rectangles of a random area and a random ratio.

import type { RandomStream } from "../../random.js";
import { uniformIn } from "./random-range.js";
import { roundHalfToEven } from "./round.js";

/** How often torchvision tries to find a rectangle that fits. */
const ATTEMPTS = 10;

/**
 * Returns ten pairs of sides, each the one that the ratio divides and the one that it is divided by. torchvision draws until one
 * fits; drawing all and using the first that fits has the same distribution, and later transforms draw the same numbers
 * whatever happens here. Both the area (as a share of `area`) and the logarithm of the ratio are uniformly distributed.
 */
export function drawSides(
  { area, scale, ratio }: { area: number; scale: readonly number[]; ratio: readonly number[] },
  random: RandomStream,
): readonly (readonly [number, number])[] {
  return Array.from({ length: ATTEMPTS }, () => {
    const drawn = area * uniformIn(scale, random);
    const quotient = Math.exp(uniformIn(ratio.map(Math.log), random));
    return [roundHalfToEven(Math.sqrt(drawn * quotient)), roundHalfToEven(Math.sqrt(drawn / quotient))];
  });
}
