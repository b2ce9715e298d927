// The configurations of a report -> what was trained, on which data and how, in words.

import type { Experiment } from "../config/experiment-spec.js";
import { formatCount } from "../format.js";
import type { RunData } from "../records/run-data.js";
import { configChanges } from "../report/config-changes.js";
import type { ReportData } from "../report/read-report.js";

/** The experiments as the runs recorded them, which may be damaged or of another version. */
function experimentsOf({ configs }: ReportData): [string, Partial<Experiment>][] {
  return [...configs].filter(
    (one): one is [string, Partial<Experiment>] => typeof one[1] === "object" && one[1] !== null,
  );
}

/** The variants that share something, by that. */
function sharing(names: readonly string[], of: (name: string) => string): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) groups.set(of(name), [...(groups.get(of(name)) ?? []), name]);
  return [...groups.values()];
}

/** `(a, b)` where variants differ, otherwise nothing. */
function ofVariants(names: readonly string[], groups: number): string {
  return groups > 1 ? ` (${names.join(", ")})` : "";
}

export function dataWords(data: ReportData): string {
  const experiments = new Map(experimentsOf(data));
  const known = [...data.runData.keys()].filter((name) => experiments.get(name)?.dataset !== undefined);
  const groups = sharing(known, (name) =>
    JSON.stringify([experiments.get(name)?.dataset, data.runData.get(name)?.images]),
  );
  return groups
    .map(
      (names) =>
        `**Data${ofVariants(names, groups.length)}.** ${datasetWords(experiments.get(names[0] as string)?.dataset as Experiment["dataset"], data.runData.get(names[0] as string) as RunData, isDivided(data))}`,
    )
    .join("\n\n");
}

/** Whether each seed divides the images in another way. */
function isDivided({ sweeps }: ReportData): boolean {
  return sweeps.some(({ asked }) => asked?.vary.includes("split"));
}

function datasetWords(dataset: Experiment["dataset"], runData: RunData, varies: boolean): string {
  const { shape, images, classNames, fingerprint } = runData;
  const { normalize, transforms, ...rest } = dataset;
  const size = `${shape.height} x ${shape.width} pixels, ${shape.channels} ${shape.channels === 1 ? "channel" : "channels"}`;
  const settings = Object.entries(rest)
    .filter(([key, value]) => !["name", "path", "validation"].includes(key) && !isUsual(key, value))
    .filter(([key]) => key !== "split" || !varies)
    .map(([key, value]) => `${key} ${plain(value)}`);
  const chain = (list: readonly unknown[]) => (list.length === 0 ? "none" : list.map(plain).join("; "));
  return [
    `Networks were trained on ${formatCount(images.train)} images of the dataset ${String(dataset.name)} (${size}, ${classNames.length} classes)${settings.length > 0 ? ` (${settings.join(", ")})` : ""}, validated on ${formatCount(images.validation)} and tested on ${formatCount(images.test)} others.`,
    varies
      ? "Each seed divided the images in another way."
      : `The data have the fingerprint ${fingerprint.slice(0, 16)}.`,
    normalize === "none"
      ? "Pixels were not normalised."
      : normalize === "dataset"
        ? "Each channel was normalised by the mean and standard deviation of the training images."
        : "Each channel was normalised by given means and standard deviations.",
    `Transforms of training images: ${chain(transforms.train)}; of validation and test images: ${chain(transforms.test)}.`,
  ].join(" ");
}

/** Whether a setting changes nothing. */
function isUsual(key: string, value: unknown): boolean {
  return value === "all" || value === "on" || (key === "imbalance" ? value === 1 : value === 0);
}

/** JSON without its punctuation. */
function plain(value: unknown): string {
  return JSON.stringify(value ?? "not set")
    .replace(/["{}]/g, "")
    .replaceAll(",", ", ")
    .replaceAll(":", " ");
}

export function networkWords(data: ReportData): string {
  const experiments = new Map(experimentsOf(data));
  const lines = data.comparison.variants.map(({ variant, baseline, params, macs }) => {
    const [own, base] = [experiments.get(variant), experiments.get(baseline)];
    const changes = base && own && variant !== baseline ? changesOf(base, own) : [];
    const more = changes.length > MOST_CHANGES ? `; and ${changes.length - MOST_CHANGES} more` : "";
    const what =
      changes.length === 0 ? "" : `; unlike ${baseline}: ${changes.slice(0, MOST_CHANGES).join("; ")}${more}`;
    return `- ${variant}: ${formatCount(params)} trainable parameters, ${formatCount(macs)} multiply-accumulates per image${what}`;
  });
  return `**Networks.** ${lines.length} ${lines.length === 1 ? "variant was" : "variants were"} trained.\n\n${lines.join("\n")}`;
}

/** More would hide what matters. */
const MOST_CHANGES = 6;

/** The same change in several stages is listed once, as one of `stages.*`. What differs between seeds is told elsewhere. */
function changesOf(from: Partial<Experiment>, to: Partial<Experiment>): string[] {
  const changes = configChanges(from, to)
    .filter((change) => !/^(?:name|seed|sourceSeeds|from|dataset\.split)\b/.test(change))
    .map((change) => change.replace(/^(network\.stages)\.\d+/, "$1.*"));
  return [...new Set(changes)].map((change) => {
    const [, path = "", before = "", after = ""] = /^(.*?): (.*) -> (.*)$/s.exec(change) ?? [];
    return `${path} ${written(after)} instead of ${written(before)}`;
  });
}

function written(json: string): string {
  return json === "undefined" ? "not set" : plain(JSON.parse(json));
}

/** The runs that variants started from, by their last three folders; empty if all weights were random. */
export function startWords(data: ReportData): string {
  const runs = new Map(
    experimentsOf(data).flatMap(([variant, { from }]) =>
      typeof from === "object" && from !== null
        ? [[variant, from.run.split(/[\\/]/).slice(-3).join("/")] as const]
        : [],
    ),
  );
  const words = sharing([...runs.keys()], (variant) => runs.get(variant) as string).map(
    (names) => `${names.join(", ")} from ${runs.get(names[0] as string)}`,
  );
  return words.length === 0
    ? ""
    : `**Initial weights.** Variants started from the weights of other runs (of each variant, this is that of the first seed): ${words.join("; ")}.`;
}

export function trainingWords(data: ReportData): string {
  const baselines = [...new Set(data.comparison.variants.map(({ baseline }) => baseline))];
  const experiments = new Map(experimentsOf(data));
  const known = baselines.filter((name) => experiments.get(name)?.training !== undefined);
  const groups = sharing(known, (name) => JSON.stringify(experiments.get(name)?.training));
  return groups
    .map(
      (names) =>
        `**Training${ofVariants(names, groups.length)}.** ${recipeWords(experiments.get(names[0] as string)?.training as Experiment["training"])}`,
    )
    .join("\n\n");
}

function recipeWords(training: Experiment["training"]): string {
  const { optimizer, schedule, epochs, batchSize, accumulate, select, precision, stop, ...options } =
    training;
  const settings = (value: object) =>
    Object.entries(value)
      .filter(([key]) => key !== "name")
      .map(([key, one]) => `${key} ${plain(one)}`)
      .join(", ");
  const used = Object.entries(options).filter(
    ([, value]) => ![0, false, "off", "none"].includes(value as string),
  );
  const batches =
    accumulate > 1 ? `${batchSize} images, accumulated over ${accumulate} batches` : `${batchSize} images`;
  return [
    `Networks were trained for ${typeof stop === "object" ? "at most " : ""}${epochs} ${epochs === 1 ? "epoch" : "epochs"} in batches of ${batches} with ${optimizer.name} (${settings(optimizer)}), following a ${schedule.name} schedule (${settings(schedule)}).`,
    ...(used.length > 0 ? [`Also: ${used.map(([key, value]) => `${key} ${plain(value)}`).join(", ")}.`] : []),
    ...(typeof stop === "object" && stop.after !== "last" && stop.after !== undefined
      ? [`Training stopped after epoch ${stop.after}.`]
      : []),
    ...(typeof stop === "object" && stop.patience !== "any"
      ? [
          `Training stopped earlier if the ${plain(stop.metric).replace("_", " ")} had not improved for ${stop.patience} ${stop.patience === 1 ? "epoch" : "epochs"}.`,
        ]
      : []),
    select === "validation"
      ? "The weights of the epoch with the lowest validation error were tested."
      : "The weights of the last epoch were tested.",
    `Arithmetic: ${precision}.`,
  ].join(" ");
}
