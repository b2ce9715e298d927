// Successive halving -> the sweeps after which some variants are stopped: all variants for a few epochs, then the better ones for more.

import { collect, type Diagnostic } from "../diagnostic.js";
import { type Override, parseOverride } from "./override.js";
import type { Located } from "./source.js";
import type { Sweep as WrittenSweep } from "./sweep-schema.js";
import type { HalvingSpec, Sweep } from "./sweep-spec.js";

/** `written` has its defaults filled in. */
export function halvingOf({ halving }: WrittenSweep): HalvingSpec | null {
  return (halving as HalvingSpec | undefined) ?? null;
}

/** Checks what a schema cannot express. */
export function checkHalving({ halving, seeds }: WrittenSweep, located: Located): Diagnostic[] {
  return collect(located, (report) => {
    if (halving === undefined) return;
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

/** The sweep in which variants are trained up to an epoch, to look at them. */
export function lookSweep(sweep: Sweep, { by, seeds }: HalvingSpec, epoch: number): Sweep {
  return {
    ...sweep,
    name: lookName(sweep.name, epoch),
    seeds: sweep.seeds.slice(0, seeds),
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
export function lookText(value: object, { by, seeds }: HalvingSpec, sweep: Sweep, epoch: number): object {
  const { halving: _, tune: __, compare, ...written } = value as Record<string, unknown>;
  return {
    ...written,
    name: lookName(sweep.name, epoch),
    seeds: sweep.seeds.slice(0, seeds),
    compare: { ...(compare as object | undefined), metric: by },
  };
}

function lookName(name: string, epoch: number): string {
  return `${name}-epoch-${epoch}`;
}
