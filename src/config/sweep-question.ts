// The seeds and the comparison that a sweep asks for.

import type { Report } from "../diagnostic.js";
import { fillDefaults } from "./fill-defaults.js";
import { halvingOf } from "./halving.js";
import { RANDOM_SOURCES } from "./random-sources.js";
import { randomValues } from "./random-values.js";
import { isWritten, type Located } from "./source.js";
import { isSweep } from "./sweep-base.js";
import type { SeedsUntil, Sweep as WrittenSweep } from "./sweep-schema.js";
import type {
  CompareSpec,
  HalvingSpec,
  LauncherSpec,
  Question,
  RandomValue,
  Sweep,
  TuneSpec,
} from "./sweep-spec.js";
import { tuneOf } from "./tuning.js";
import { validateSchema } from "./validate-schema.js";

/** A sweep that is valid under its schema, with all defaults filled in. */
export type FilledSweep = Required<Omit<WrittenSweep, "launcher" | "random" | "tune" | "halving">> &
  Pick<WrittenSweep, "random" | "tune" | "halving"> & { readonly launcher?: LauncherSpec };

export function comparisonOf({ compare }: FilledSweep): CompareSpec {
  const { baseline = null, metric = "test_error", alpha = 0.05 } = compare;
  return { baseline, metric, alpha };
}

export function seedsOf(
  written: FilledSweep,
): Pick<Sweep, "seeds" | "question" | "effect" | "fixed" | "variesSplit"> {
  const { seeds, vary } = written;
  const first = Array.isArray(seeds) ? (seeds[0] as number) : 1;
  const varied = {
    fixed: Object.fromEntries(
      RANDOM_SOURCES.filter((source) => !vary.includes(source)).map((source) => [source, first]),
    ),
    variesSplit: vary.includes("split"),
  };
  if (Array.isArray(seeds)) return { ...varied, seeds, question: null, effect: null };
  const question = questionOf(seeds, written);
  return {
    ...varied,
    seeds: Array.from({ length: question.atMost }, (_, index) => index + 1),
    question,
    effect: seeds.effect ?? null,
  };
}

function questionOf({ until, atLeast = 0, atMost = 0 }: SeedsUntil, written: FilledSweep): Question {
  const { metric, alpha } = comparisonOf(written);
  // Errors are written in percentage points.
  const unit = metric.includes("error") ? 0.01 : 1;
  const { margin } = written.compare;
  return {
    alpha,
    margin: margin === undefined ? null : margin * unit,
    decided: until === "decided" || until.decided === true,
    width: until === "decided" ? null : until.width * unit,
    atLeast: Math.min(atLeast, atMost),
    atMost,
  };
}

/** Checks what a schema cannot express. */
export function checkSeeds({ seeds, compare }: FilledSweep, located: Located, report: Report): void {
  const asksForAnswer = !Array.isArray(seeds) && (seeds.until === "decided" || seeds.until.decided === true);
  if (compare.margin !== undefined && !asksForAnswer)
    report(
      "unused-key",
      "only a sweep with `seeds: { until: decided }` uses `compare.margin`",
      ["compare", "margin"],
      "key",
    );
  if (Array.isArray(seeds)) return;
  const { atLeast = 0, atMost = 0 } = seeds;
  if (atLeast > atMost && isWritten(located, ["seeds", "atLeast"]))
    report(
      "out-of-range",
      `\`seeds.atLeast\` must be <= \`seeds.atMost\`, which is ${atMost}; found ${atLeast}`,
      ["seeds", "atLeast"],
    );
}

export interface AskedComparison extends CompareSpec {
  /** Null if the seeds are listed. */
  readonly question: Question | null;
  /** The sources of chance that differ between seeds. */
  readonly vary: readonly string[];
  /** What each seed draws. */
  readonly random: readonly RandomValue[];
  /** What was tuned for each variant; null if nothing was. */
  readonly tune: TuneSpec | null;
  /** Null if all variants were to be trained to the end. */
  readonly halving: HalvingSpec | null;
}

/** The comparison that a sweep asks for, whatever else is in it; null if that part is not valid. */
export function readQuestion(located: Located): AskedComparison | null {
  const { value, locate } = located;
  if (!isSweep(located)) return null;
  const { seeds, compare, vary, random, tune, halving } = (value ?? {}) as Partial<WrittenSweep>;
  const rest = { name: "any", experiment: "any", variants: [{ name: "any" }] };
  const own = {
    ...rest,
    ...(seeds === undefined ? {} : { seeds }),
    ...(compare === undefined ? {} : { compare }),
    ...(vary === undefined ? {} : { vary }),
    ...(random === undefined ? {} : { random }),
    ...(tune === undefined ? {} : { tune }),
    ...(halving === undefined ? {} : { halving }),
  };
  if (validateSchema("sweep", { value: own, locate }).length > 0) return null;
  const written = fillDefaults("sweep", own) as FilledSweep;
  return {
    ...comparisonOf(written),
    question: seedsOf(written).question,
    vary: written.vary,
    random: randomValues(written.random),
    tune: tuneOf(written),
    halving: halvingOf(written),
  };
}
