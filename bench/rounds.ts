// Two programs in turns, and the ratio of their times round by round.

import { median, type Side } from "./contestant.js";
import type { QuietCheck } from "./quiet.js";

export interface Rounds {
  /** Milliseconds of a step in each round: the median of its steps, or with several processes the mean time for one of all their steps. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly oursMegabytes: number;
  readonly theirsMegabytes: number;
  /** Rounds in which the machine was busy although they had been repeated. */
  readonly disturbed: number;
}

interface Options {
  readonly rounds: number;
  /** The shortest time that each program works in a round. */
  readonly seconds: number;
  readonly quiet: QuietCheck;
}

/** `ours`, `theirs`: one process of each, or several that work at the same time. */
export async function takeTurns(
  ours: readonly Side[],
  theirs: readonly Side[],
  { rounds, seconds, quiet }: Options,
): Promise<Rounds> {
  const times: { ours: number; theirs: number }[] = [];
  let [oursMegabytes, theirsMegabytes, disturbed, repeated] = [0, 0, 0, 0];
  while (times.length < rounds) {
    const wasQuiet = await quiet.look();
    // Who comes first changes, so that a machine that becomes slower does not favour one.
    const isOursFirst = (times.length + repeated) % 2 === 0;
    const first = await worked(isOursFirst ? ours : theirs, seconds);
    const second = await worked(isOursFirst ? theirs : ours, seconds);
    const isQuiet = wasQuiet && (await quiet.look());
    if (!isQuiet && repeated < 2 * rounds) {
      repeated++;
      continue;
    }
    if (!isQuiet) disturbed++;
    const [own, other] = isOursFirst ? [first, second] : [second, first];
    times.push({ ours: own.ms, theirs: other.ms });
    oursMegabytes = Math.max(oursMegabytes, own.megabytes);
    theirsMegabytes = Math.max(theirsMegabytes, other.megabytes);
  }
  return {
    ours: times.map(({ ours }) => ours),
    theirs: times.map(({ theirs }) => theirs),
    ...{ oursMegabytes, theirsMegabytes, disturbed },
  };
}

async function worked(sides: readonly Side[], seconds: number): Promise<{ ms: number; megabytes: number }> {
  const bursts = await Promise.all(sides.map((side) => side.burst(seconds)));
  const perSecond = bursts.reduce((sum, { times, seconds }) => sum + times.length / seconds, 0);
  const [only] = bursts;
  return {
    ms: bursts.length === 1 && only ? median(only.times) : 1000 / perSecond,
    megabytes: Math.max(...bursts.map(({ peakMegabytes }) => peakMegabytes)),
  };
}
