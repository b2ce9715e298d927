// Successive halving -> the sweeps after which some variants are stopped: all variants for a few epochs, then the better ones for more.

import { collect, type Diagnostic } from "../diagnostic.js";
import { type Override, parseOverride } from "./override.js";
import type { Located } from "./source.js";
import type { Sweep as WrittenSweep } from "./sweep-schema.js";
import type { HalvingSpec, Sweep } from "./sweep-spec.js";
import { overlap } from "./training-paths.js";

/** `written` has its defaults filled in. */
export function halvingOf({ halving, seeds }: WrittenSweep): HalvingSpec | null {
  if (halving === undefined || !Array.isArray(seeds)) return null;
  const { seeds: count, ...spec } = halving as Required<typeof halving>;
  // Whatever seeds are asked for later, the same ones are looked at.
  return { ...spec, looked: seeds.slice(0, count) };
}

/** Checks what a schema cannot express. */
export function checkHalving({ halving, seeds, random }: WrittenSweep, located: Located): Diagnostic[] {
  return collect(located, (report) => {
    if (halving === undefined) return;
    for (const path of Object.keys(random ?? {}))
      if (LENGTHS.some((one) => overlap(one, path)))
        report(
          "both-given",
          `\`halving\` compares runs after equally many epochs, so seeds cannot draw \`${path}\``,
          ["random", path],
          "key",
        );
    if (!Array.isArray(seeds))
      report(
        "both-given",
        "`halving` needs a list of seeds: it stops variants itself, so seeds cannot be added until a decision",
        ["halving"],
        "key",
      );
    else if ((halving.seeds ?? 1) > seeds.length)
      report(
        "out-of-range",
        `\`halving.seeds\` must be <= ${seeds.length}, the number of seeds; found ${halving.seeds}`,
        ["halving", "seeds"],
      );
  });
}

/** What decides how long a run is. */
const LENGTHS = ["training.epochs", "training.stop"];

/** The sweep in which variants are trained up to an epoch, to look at them. */
export function lookSweep(sweep: Sweep, { by, looked }: HalvingSpec, epoch: number): Sweep {
  return {
    ...sweep,
    name: lookName(sweep.name, epoch),
    seeds: looked,
    tune: null,
    halving: null,
    compare: { ...sweep.compare, metric: by },
  };
}

/** Ends training after an epoch; what a longer run does until then is the same. */
export function untilEpoch(epoch: number): Override {
  return parseOverride(`training.stop.after=${epoch}`, "halving");
}

/** What a file with the sweep above would say. `value`: that of the sweep's own file. */
export function lookText(value: object, { by, looked }: HalvingSpec, sweep: Sweep, epoch: number): object {
  const { halving: _, tune: __, compare, ...written } = value as Record<string, unknown>;
  return {
    ...written,
    name: lookName(sweep.name, epoch),
    seeds: looked,
    compare: { ...(compare as object | undefined), metric: by },
  };
}

function lookName(name: string, epoch: number): string {
  return `${name}-epoch-${epoch}`;
}
