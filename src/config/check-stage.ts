// Checks of a stage that a schema cannot express: it is either blocks, which need `block` and `filters`, or `modules`.

import type { Path, Report } from "../diagnostic.js";
import type { Network, Stage } from "./experiment-schema.js";
import { replacesConv } from "./experiment-spec.js";
import { mappingsBelow } from "./reach.js";
import { attentionOf, BLOCKS } from "./short-forms.js";
import type { LongForm } from "./shorthand.js";
import { isMapping, isWritten } from "./source.js";

interface CheckParts {
  readonly network: Network;
  readonly located: LongForm;
  readonly report: Report;
}

export function checkStage(index: number, { network, located, report }: CheckParts): void {
  const stage = network.stages[index] as Stage;
  const own = { stage, path: ["network", "stages", index], located, report };
  if (stage.modules !== undefined) checkModules(own);
  else if (stage.block === undefined || stage.filters === undefined) checkKind(own);
  else {
    checkLengths(own, BLOCKS[stage.block].kernels.length);
    checkShortForms(own);
    checkRatio(own, network);
    checkReplaced(own, network);
  }
}

interface StageToCheck {
  readonly stage: Stage;
  readonly path: Path;
  readonly located: LongForm;
  readonly report: Report;
}

function checkKind({ stage, path, report }: StageToCheck): void {
  for (const key of ["block", "filters"] as const)
    if (stage[key] === undefined)
      report(
        "missing-key",
        `\`${path.join(".")}\` is missing the key \`${key}\` (or \`modules\`, which writes the stage out)`,
        path,
        "key",
      );
}

/** Lists must have one element per convolution. */
function checkLengths({ stage, path, report }: StageToCheck, length: number): void {
  for (const key of ["filters", "kernels", "strides"] as const) {
    const list = stage[key];
    if (Array.isArray(list) && list.length !== length)
      report(
        "wrong-length",
        length === 1
          ? `\`${key}\` of ${stage.block === "inverted-bottleneck" ? "an inverted" : "a ConvNeXt"} block must have one element; found ${list.length}`
          : `\`${key}\` must have ${length} elements, one for each convolution of a ${stage.block} block; found ${list.length}`,
        [...path, key],
      );
  }
}

function checkShortForms({ stage, path, located, report }: StageToCheck): void {
  if (stage.stride !== undefined && stage.strides !== undefined)
    report(
      "both-given",
      "`stride` is short for `strides`; give only one of them",
      [...path, "stride"],
      "key",
    );
  const ratio = [...path, "attention", "r"];
  if (stage.r !== undefined && isWritten(located, ratio)) {
    const name = located.written(ratio).slice(path.length).join(".");
    report("both-given", `\`r\` is short for \`${name}\`; give only one of them`, [...path, "r"], "key");
  }
}

function checkRatio({ stage, path, report }: StageToCheck, network: Network): void {
  const attention = attentionOf(stage, network);
  if (stage.r !== undefined && (attention === "off" || !("r" in attention) || hasWidth(attention)))
    report(
      "r-without-se",
      "`r` has no effect here: this stage has no gate with a reduction ratio",
      [...path, "r"],
      "key",
    );
}

function checkReplaced({ stage, path, report }: StageToCheck, network: Network): void {
  const attention = attentionOf(stage, network);
  if (attention === "off" || !replacesConv(attention)) return;
  const isDepthwise = stage.block === "inverted-bottleneck" && attention.type !== "sk";
  if (stage.block === "convnext" || isDepthwise)
    report(
      "not-allowed",
      isDepthwise
        ? `\`${attention.type}\` cannot replace the depthwise convolution of an inverted bottleneck; \`sk\` can`
        : `\`${attention.type}\` replaces a convolution with its normalisation and activation, which a ConvNeXt block does not have`,
      stage.attention === undefined ? ["network", "attention"] : [...path, "attention"],
    );
}

/** Whether a gate says how wide the squeeze is, so that its ratio means nothing. */
export function hasWidth(gate: object): boolean {
  return "width" in gate && gate.width !== "ratio";
}

/** A stage with `modules` may only have `repeat` and `activation` in addition, and its gates have no placement. */
function checkModules({ stage, path, located, report }: StageToCheck): void {
  for (const { mapping, path: place } of mappingsBelow(stage.modules, [...path, "modules"])) {
    const { attention } = mapping;
    // An experiment with all defaults filled in contains `standard`.
    const placement = isMapping(attention) ? (attention.placement ?? "standard") : "standard";
    if (placement !== "standard" && isWritten(located, [...place, "attention", "placement"]))
      report(
        "unused-key",
        "`placement` has no effect here: in `modules`, a gate stays where it is written",
        [...place, "attention", "placement"],
        "key",
      );
  }
  const own = ["modules", "repeat", "activation"];
  for (const key of Object.keys(stage))
    if (!own.includes(key) && isWritten(located, [...path, key]))
      report(
        "both-given",
        `\`${key}\` describes blocks, but \`modules\` writes the stage out; give only one of them`,
        [...path, key],
        "key",
      );
}
