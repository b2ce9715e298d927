// Checks of an experiment that a schema cannot express: keys that exclude, require or contradict each other.

import { collect, type Diagnostic, type Path, type Report } from "../diagnostic.js";
import { checkMilestones } from "./check-milestones.js";
import { checkStage, hasWidth } from "./check-stage.js";
import type { Dataset, Network, Training, Experiment as WrittenExperiment } from "./experiment-schema.js";
import { mappingsBelow } from "./reach.js";
import { milestonesOf } from "./short-forms.js";
import { checkSpellings, type LongForm } from "./shorthand.js";

/** `written` is valid under the schema and has all defaults filled in. */
export function checkAcrossFields(written: Required<WrittenExperiment>, located: LongForm): Diagnostic[] {
  const { network } = written;
  const training = written.training as Required<Training>;
  return collect(located, (report) => {
    checkSpellings(located, report);
    if (written.extends !== undefined)
      report("unused-key", "`extends` has no effect here: it belongs into a file", ["extends"], "key");
    checkRanges(written.dataset, report);
    checkStem(network.stem, report);
    checkWidths(network, report);
    for (const index of network.stages.keys()) checkStage(index, { network, located, report });
    checkSteps(training, { located, report });
    checkWarmup(training, report);
    checkDecay(training, report);
    checkMix(training, report);
  });
}

/** Keys of transforms that can be ranges: the smallest value and the largest, or two such pairs. */
const RANGES = ["scale", "ratio", "degrees", "shear", "brightness", "contrast", "saturation", "hue"];

function checkRanges({ transforms }: Dataset, report: Report): void {
  for (const [index, transform] of (transforms?.train ?? []).entries())
    for (const [name, spec] of Object.entries(transform))
      for (const [key, range] of Object.entries(spec)) {
        if (!RANGES.includes(key) || !Array.isArray(range)) continue;
        const path = ["dataset", "transforms", "train", index, name, key];
        if (range.length % 2 === 1)
          report("wrong-length", `\`${key}\` must have two or four numbers; found ${range.length}`, path);
        const wrong = range.findIndex((least, at) => at % 2 === 0 && least > range[at + 1]);
        if (wrong >= 0)
          report(
            "unordered",
            `\`${key}\` must be the smallest value, then the largest; found ${range[wrong]}, then ${range[wrong + 1]}`,
            path,
          );
      }
}

function checkStem(stem: Network["stem"], report: Report): void {
  if (stem === undefined || stem === "none") return;
  const path: Path = ["network", "stem"];
  if (stem.convs === undefined && stem.filters === undefined)
    report(
      "missing-key",
      "`network.stem` needs either `filters` (one convolution) or `convs` (several)",
      path,
      "key",
    );
  for (const key of ["filters", "kernel", "stride"] as const)
    if (stem.convs !== undefined && stem[key] !== undefined)
      report(
        "both-given",
        `\`${key}\` describes one convolution and \`convs\` describes several; give only one of them`,
        [...path, key],
        "key",
      );
}

/** The default of `r`, which an experiment with all defaults filled in contains beside a width. */
const DEFAULT_RATIO = 16;

function checkWidths(network: Network, report: Report): void {
  for (const { mapping, path } of mappingsBelow(network, ["network"]))
    if (path.at(-1) === "attention" && hasWidth(mapping) && mapping.r !== DEFAULT_RATIO)
      report("both-given", "`width` replaces `r`; give only one of them", [...path, "r"], "key");
}

/** In epochs or in steps; both can only be compared once the images have been counted (experiment/check-training). */
function checkSteps(
  { schedule, epochs }: Required<Training>,
  { located, report }: { located: LongForm; report: Report },
): void {
  if (schedule.name === "steps")
    checkMilestones(milestonesOf(schedule.at, epochs), { epochs, stepsPerEpoch: null, located, report });
}

function checkWarmup({ schedule, epochs }: Required<Training>, report: Report): void {
  const path = ["training", "schedule", "warmup"];
  if ((schedule.warmup ?? 0) > epochs)
    report("out-of-range", `\`warmup\` must not exceed \`training.epochs\`, which is ${epochs}`, path);
}

function checkDecay({ optimizer }: Required<Training>, report: Report): void {
  if (optimizer.weightDecay === 0 && optimizer.decayNormAndBias === false)
    report(
      "unused-key",
      "`decayNormAndBias` has no effect without weight decay; set `weightDecay` as well",
      ["training", "optimizer", "decayNormAndBias"],
      "key",
    );
}

function checkMix({ batchSize, ...training }: Required<Training>, report: Report): void {
  for (const key of ["mixup", "cutmix"] as const)
    if (batchSize === 1 && training[key] !== "off")
      report(
        "unused-key",
        `\`${key}\` has no effect on batches of one image; \`batchSize\` must be at least 2`,
        ["training", key],
        "key",
      );
}
