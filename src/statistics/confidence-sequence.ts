// Paired differences, one after the other -> an interval for their centre that holds at all times.

import { evidenceOf } from "./evidence.js";

/** The number of centres that are tried between the smallest and the largest difference, and as far again on both sides. */
const TRIED = 60;
/** How often the distance of an end from the centres next to it is halved. */
const HALVINGS = 30;
/** How many ranges beyond the differences an end is looked for. */
const FARTHEST = 2 ** 20;

/**
 * The centres around which the differences could be symmetric, as far as the evidence against each has stayed below 1 / alpha: the
 * smallest interval that contains all of them. The true centre is in all intervals of a sequence at once with a probability of at
 * least 1 - alpha, so each may be shown, and the latest is the narrowest. Unbounded while no centre can be excluded; null if all
 * are, which for differences that are symmetric around any centre happens with a probability of at most alpha.
 */
export function confidenceSequence(
  differences: readonly number[],
  alpha: number,
): readonly [number, number] | null {
  const isExcluded = (centre: number) => evidenceOf(differences, centre).most >= -Math.log(alpha);
  const [least, most] = [Math.min(...differences), Math.max(...differences)];
  const range = most - least;
  // All values are equal, or there are none: then nothing shows the scale.
  if (!(range > 0)) {
    const isKnown = differences.length > 0 && isExcluded(least + Math.max(1e-9, Math.abs(least)) * FARTHEST);
    return isKnown ? [least, least] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  }
  const tried = Array.from({ length: TRIED + 1 }, (_, index) => least + range * ((3 * index) / TRIED - 1));
  const kept = tried.filter((centre) => !isExcluded(centre));
  const [first, last] = [kept[0], kept.at(-1)];
  if (first === undefined || last === undefined) return null;
  const endFrom = (inside: number, direction: 1 | -1) => {
    let outside = inside + (direction * (3 * range)) / TRIED;
    let near = inside;
    for (let step = range; !isExcluded(outside); step *= 2) {
      if (step > FARTHEST * range) return direction * Number.POSITIVE_INFINITY;
      near = outside;
      outside += direction * step;
    }
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (near + outside) / 2;
      if (isExcluded(middle)) outside = middle;
      else near = middle;
    }
    return outside;
  };
  return [endFrom(first, -1), endFrom(last, 1)];
}
