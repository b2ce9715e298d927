// Seeded random numbers for every random choice: an independent stream for each list of labels.

import { createHash } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of random numbers that advances with each draw. Two streams with the same labels produce the same numbers. */
export interface RandomStream {
  /** Uniform in [0, 1), with 32 random bits. */
  uniform(): number;
  /** Standard normal, by the Box-Muller transform. */
  normal(): number;
  /** A uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Of the generator, xoroshiro128+: its two 64-bit numbers in halves, each the upper half first. */
  state(): readonly number[];
}

/** The stream identified by the labels, for example `randomStream(seed, "shuffle", epoch)`. */
export function randomStream(...labels: readonly (string | number)[]): RandomStream {
  const seed = createHash("sha256").update(JSON.stringify(labels)).digest().readInt32LE(0);
  const generator = xoroshiro128plus(seed);
  let spare: number | null = null;
  const uniform = () => (generator.next() >>> 0) / 0x1_0000_0000;
  const radius = () => Math.sqrt(-2 * Math.log(1 - uniform()));
  const angle = () => 2 * Math.PI * uniform();
  const normal = () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const distance = radius();
    const direction = angle();
    spare = distance * Math.sin(direction);
    return distance * Math.cos(direction);
  };
  return {
    uniform,
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    normal,
    state: () => generator.getState(),
  };
}

/** The numbers 0 to length - 1 in random order, by the Fisher-Yates shuffle. */
export function permutation(length: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const value = order[last] as number;
    order[last] = order[other] as number;
    order[other] = value;
  }
  return order;
}

/** A number with the distribution Beta(alpha, alpha): g / (g + h) with two draws of Gamma(alpha), in logarithms against underflow. */
export function beta(alpha: number, random: RandomStream): number {
  const g = logOfGamma(alpha, random);
  const h = logOfGamma(alpha, random);
  return 1 / (1 + Math.exp(h - g));
}

/** The logarithm of a number with the distribution Gamma(shape), by the method of Marsaglia and Tsang (2000). */
function logOfGamma(shape: number, random: RandomStream): number {
  // Section 6 of the paper: Gamma(a) is Gamma(a + 1) U^(1 / a).
  if (shape < 1) return logOfGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v))
      return Math.log(d * v);
  }
}
