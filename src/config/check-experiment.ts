// What the schema cannot say of an experiment: keys that exclude, need or contradict each other.

import type { Diagnostic, Path } from "../diagnostic.js";
import type { Network, Stage, Training, Experiment as WrittenExperiment } from "./experiment-schema.js";
import { mappingsBelow } from "./reach.js";
import { attentionOf, BLOCKS, epochsOf } from "./short-forms.js";
import { bothSpellings, type LongForm } from "./shorthand.js";
import { isMapping, isWritten } from "./source.js";

/** `written`: valid under the schema, defaults filled in. */
export function checkAcrossFields(written: Required<WrittenExperiment>, located: LongForm): Diagnostic[] {
  const diagnostics: Diagnostic[] = bothSpellings(located);
  const report = (code: string, message: string, path: Path, part: "key" | "value" = "value") =>
    diagnostics.push({
      code,
      message,
      path: located.written(path),
      location: located.locate(path, part),
    });
  const { network } = written;
  checkStem(network.stem, report);

  network.stages.forEach((stage, index) => {
    const path: Path = ["network", "stages", index];
    if (stage.modules !== undefined || stage.block === undefined || stage.filters === undefined) {
      checkModules(stage, { path, located, report });
      return;
    }
    const length = BLOCKS[stage.block].kernels.length;
    for (const key of ["filters", "kernels", "strides"] as const) {
      const list = stage[key];
      if (Array.isArray(list) && list.length !== length)
        report(
          "wrong-length",
          `a ${stage.block} block has ${length} convolutions; \`${key}\` has ${list.length} entries`,
          [...path, key],
        );
    }
    if (stage.stride !== undefined && stage.strides !== undefined)
      report("both-given", "`stride` is short for `strides`: give one of them", [...path, "stride"], "key");
    const attention = attentionOf(stage, network);
    if (stage.r !== undefined && (attention === "off" || !("r" in attention)))
      report(
        "r-without-se",
        "`r` has no meaning here: this stage has no gate with a reduction",
        [...path, "r"],
        "key",
      );
    const ratio = [...path, "attention", "r"];
    if (stage.r !== undefined && isWritten(located, ratio)) {
      const name = located.written(ratio).slice(path.length).join(".");
      report("both-given", `\`r\` is short for \`${name}\`: give one of them`, [...path, "r"], "key");
    }
  });
  const { schedule, epochs } = written.training as Required<Training>;
  if (schedule.name === "steps") {
    const at = epochsOf(schedule.at, epochs);
    const path: Path = ["training", "schedule", "at"];
    const unordered = at.findIndex((epoch, index) => index > 0 && epoch <= (at[index - 1] as number));
    if (unordered > 0) report("unordered", "epochs of `at` must ascend", [...path, unordered]);
    const late = at.findIndex((epoch) => epoch >= epochs);
    if (late >= 0) {
      // Whoever shortens a training elsewhere than where its schedule stands looks there first.
      const ends: Path = ["training", "epochs"];
      const isShortened =
        isWritten(located, ends) && located.locate(ends, "value").file !== located.locate(path, "value").file;
      report(
        "unused-key",
        `epoch ${at[late]} of \`training.schedule.at\` is never reached: training ends after ${epochs}; set \`training.schedule.at\` too, or write it as shares of the epochs, as in [50%, 75%]`,
        isShortened ? ends : [...path, late],
      );
    }
  }
  if ((schedule.warmup ?? 0) > epochs)
    report("out-of-range", `the warm-up is longer than the training (${epochs} epochs)`, [
      "training",
      "schedule",
      "warmup",
    ]);
  return diagnostics;
}

type Report = (code: string, message: string, path: Path, part?: "key" | "value") => void;

/** A stage is either blocks, which need `block` and `filters`, or `modules` and `repeat` alone. */
function checkModules(
  stage: Stage,
  { path, located, report }: { path: Path; located: LongForm; report: Report },
): void {
  const missing = (["block", "filters"] as const).filter(
    (key) => stage.modules === undefined && stage[key] === undefined,
  );
  for (const key of missing)
    report(
      "missing-key",
      `\`${path.join(".")}\` lacks the key \`${key}\` (or \`modules\`: written out)`,
      path,
      "key",
    );
  if (stage.modules === undefined) return;
  for (const { mapping, path: place } of mappingsBelow(stage.modules, [...path, "modules"])) {
    const { attention } = mapping;
    // A configuration with all defaults filled in says `standard`.
    const placement = isMapping(attention) ? (attention.placement ?? "standard") : "standard";
    if (placement !== "standard" && isWritten(located, [...place, "attention", "placement"]))
      report(
        "unused-key",
        "`placement` has no meaning here: in modules a gate is where it is written",
        [...place, "attention", "placement"],
        "key",
      );
  }
  const own = ["modules", "repeat"];
  for (const key of Object.keys(stage))
    if (!own.includes(key) && isWritten(located, [...path, key]))
      report(
        "both-given",
        `\`${key}\` describes blocks, \`modules\` writes the stage out: give one of them`,
        [...path, key],
        "key",
      );
}

function checkStem(stem: Network["stem"], report: Report): void {
  if (stem === undefined || stem === "none") return;
  const path: Path = ["network", "stem"];
  if (stem.convs === undefined && stem.filters === undefined)
    report(
      "missing-key",
      "`network.stem` lacks `filters` (one convolution) or `convs` (several)",
      path,
      "key",
    );
  for (const key of ["filters", "kernel", "stride"] as const)
    if (stem.convs !== undefined && stem[key] !== undefined)
      report(
        "both-given",
        `\`${key}\` describes one convolution, \`convs\` several: give one of them`,
        [...path, key],
        "key",
      );
}
