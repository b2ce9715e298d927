// Paired differences, one after the other -> evidence that may be looked at after each of them, and a decision taken at any time.
//
// If the differences do not differ from 0 but by chance, each is as likely as its negative, whatever its size. Then exp(x d) / cosh(x d)
// has the mean 1 for any x that depends on earlier differences and on the size of this one alone. Products of such factors, and averages
// of these products over x, are test martingales: that one ever exceeds 1 / alpha has a probability of at most alpha (Ville 1939).
// The factors are those of de la Peña (1999); sequences of averages over x are described by Howard, Ramdas, McAuliffe and Sekhon (2021),
// and p-values that hold at any time by Ramdas, Grünwald, Vovk and Shafer (2023).

import { effectOf, type PairedTest } from "./sign-flip.js";

/** The x that are averaged, in units of 1 / scale. The best one is close to the true mean divided by the standard deviation. */
const RATES = [0.5, 1, 2, 4] as const;
const COUNT = 2 * RATES.length;

/** Evidence that grows with each difference. */
export interface Evidence {
  /** Adds a difference and returns the logarithm of the evidence so far. */
  add(difference: number): number;
  /** The largest logarithm so far. */
  readonly most: number;
  /** An independent copy. */
  copy(): Evidence;
}

/**
 * Evidence against symmetry around 0, for either sign. Differences are divided by their root mean square so far, the present one
 * included, so that units do not matter.
 */
export function startEvidence(): Evidence {
  return evidenceFrom(new Float64Array(COUNT), { squares: 0, count: 0, most: 0 });
}

function evidenceFrom(
  logs: Float64Array,
  start: { readonly squares: number; readonly count: number; readonly most: number },
): Evidence {
  let { squares, count, most } = start;
  return {
    add: (difference) => {
      squares += difference * difference;
      count++;
      const size = squares > 0 ? difference / Math.sqrt(squares / count) : 0;
      let highest = Number.NEGATIVE_INFINITY;
      for (let index = 0; index < COUNT; index++) {
        const exponent = (index % 2 === 0 ? 1 : -1) * (RATES[index >> 1] as number) * size;
        const log = (logs[index] as number) + exponent - logCosh(exponent);
        logs[index] = log;
        if (log > highest) highest = log;
      }
      let sum = 0;
      for (let index = 0; index < COUNT; index++) sum += Math.exp((logs[index] as number) - highest);
      const log = highest + Math.log(sum / COUNT);
      if (log > most) most = log;
      return log;
    },
    get most() {
      return most;
    },
    copy: () => evidenceFrom(logs.slice(), { squares, count, most }),
  };
}

/** log cosh x, also where cosh x overflows. */
function logCosh(x: number): number {
  const size = Math.abs(x);
  return size + Math.log1p(Math.exp(-2 * size)) - Math.LN2;
}

/** The evidence of all differences against symmetry around `centre`. */
export function evidenceOf(differences: readonly number[], centre = 0): Evidence {
  const evidence = startEvidence();
  for (const difference of differences) evidence.add(difference - centre);
  return evidence;
}

/** p-value that holds whenever it is looked at: 1 / the largest evidence so far, at most 1 (Ville's inequality). */
export function anytimeP(differences: readonly number[]): number {
  return Math.exp(-evidenceOf(differences).most);
}

/** The p that such a test approaches with this number of pairs if each difference is far larger than those before it; none is smaller. */
export function smallestAnytimeP(pairs: number): number {
  let evidence = 0;
  for (const rate of RATES) {
    let [same, other] = [0, 0];
    for (let pair = 1; pair <= pairs; pair++) {
      // The size of the largest of n differences, if the others are as good as 0, is the root of n.
      const exponent = rate * Math.sqrt(pair);
      same += exponent - logCosh(exponent);
      other -= exponent + logCosh(exponent);
    }
    evidence += (Math.exp(same) + Math.exp(other)) / COUNT;
  }
  return Math.min(1, 1 / evidence);
}

/** The smallest number of pairs with which such a p can be at most `alpha`. */
export function leastAnytimePairs(alpha: number): number {
  let pairs = 1;
  while (smallestAnytimeP(pairs) > alpha) pairs++;
  return pairs;
}

/** The test that may be looked at any time. Returns null without pairs. */
export function anytimeTest(differences: readonly number[]): PairedTest | null {
  const { length } = differences;
  return length === 0
    ? null
    : { p: anytimeP(differences), smallestP: smallestAnytimeP(length), effect: effectOf(differences) };
}
