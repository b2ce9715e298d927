// The data of a report -> a paragraph on methods for a paper, with the sources of what was used.

import type { Experiment } from "../config/experiment-spec.js";
import { formatCount, formatDuration } from "../format.js";
import { commonBaseline } from "../report/comparison.js";
import { configChanges } from "../report/config-changes.js";
import type { ReportData } from "../report/read-report.js";
import { levelWords, metricWords } from "./metric-words.js";
import { bibtex, OF_DATASETS, OF_GATES, type Reference } from "./references.js";

/** Markdown: what was done, then BibTeX. */
export function methodsOf(data: ReportData): string {
  const parts = [
    dataWords(data),
    networkWords(data),
    trainingWords(data),
    testWords(data),
    machineWords(data),
  ];
  return [
    `# Methods of ${data.name}`,
    "Generated from the files of the runs. Check it, and keep what your readers need.",
    ...parts.filter((part) => part !== ""),
    "## References",
    `\`\`\`bibtex\n${bibtex(referencesOf(data))}\n\`\`\``,
    "",
  ].join("\n\n");
}

/** The experiments as the runs recorded them, which may be damaged or of another version. */
function experimentsOf({ configs }: ReportData): [string, Partial<Experiment>][] {
  return [...configs].filter(
    (one): one is [string, Partial<Experiment>] => typeof one[1] === "object" && one[1] !== null,
  );
}

function dataWords(data: ReportData): string {
  const { runData } = data;
  const [, experiment] = experimentsOf(data)[0] ?? [];
  const { dataset } = experiment ?? {};
  if (!runData || !dataset) return "";
  const { shape, images, classNames, fingerprint } = runData;
  const { normalize, transforms, ...rest } = dataset as typeof dataset & { path?: string };
  const size = `${shape.height} x ${shape.width} pixels, ${shape.channels} ${shape.channels === 1 ? "channel" : "channels"}`;
  const settings = Object.entries(rest)
    .filter(([key, value]) => !["name", "path", "validation"].includes(key) && !isUsual(key, value))
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const chain = (list: readonly unknown[]) =>
    list.length === 0 ? "none" : list.map((one) => JSON.stringify(one)).join(", ");
  return [
    `**Data.** Networks were trained on ${formatCount(images.train)} images of the dataset ${String(dataset.name)} (${size}, ${classNames.length} classes)${settings.length > 0 ? ` (${settings.join(", ")})` : ""}, validated on ${formatCount(images.validation)} and tested on ${formatCount(images.test)} others. The data have the fingerprint ${fingerprint.slice(0, 16)}.`,
    normalize === "none" || normalize === undefined
      ? "Pixels were not normalised."
      : normalize === "dataset"
        ? "Each channel was normalised by the mean and standard deviation of the training images."
        : "Each channel was normalised by given means and standard deviations.",
    `Transforms of training images: ${chain(transforms.train)}; of validation and test images: ${chain(transforms.test)}.`,
  ].join(" ");
}

/** Whether a setting changes nothing. */
function isUsual(key: string, value: unknown): boolean {
  return value === "all" || (key === "imbalance" ? value === 1 : value === 0);
}

function networkWords(data: ReportData): string {
  const { comparison } = data;
  const experiments = experimentsOf(data);
  const [first] = experiments;
  const name = commonBaseline(comparison) ?? first?.[0] ?? "";
  const base = experiments.find(([variant]) => variant === name)?.[1];
  const lines = comparison.variants.map(({ variant, params, macs }) => {
    const own = experiments.find(([other]) => other === variant)?.[1];
    const changes = base && own && variant !== name ? inAllStages(configChanges(base, own)) : [];
    const what =
      changes.length === 0
        ? ""
        : `; ${changes.slice(0, MOST_CHANGES).join("; ")}${changes.length > MOST_CHANGES ? "; ..." : ""}`;
    return `- ${variant}: ${formatCount(params)} trainable parameters, ${formatCount(macs)} multiply-accumulates per image${what}`;
  });
  return `**Networks.** ${comparison.variants.length} variants were trained; what differs from ${name} is listed.\n\n${lines.join("\n")}`;
}

/** The same change in several stages is listed once, as one of `stages.*`. */
function inAllStages(changes: readonly string[]): string[] {
  return [...new Set(changes.map((change) => change.replace(/^(network\.stages)\.\d+/, "$1.*")))];
}

/** More would hide what matters. */
const MOST_CHANGES = 6;

function trainingWords(data: ReportData): string {
  const { training, sourceSeeds: fixed = {} } = experimentsOf(data)[0]?.[1] ?? {};
  if (!training) return "";
  const { optimizer, schedule, epochs, batchSize, accumulate, select, precision, ...options } = training;
  const settings = (value: object) =>
    Object.entries(value)
      .filter(([key]) => key !== "name")
      .map(([key, one]) => `${key} ${JSON.stringify(one)}`)
      .join(", ");
  const used = Object.entries(options).filter(
    ([, value]) => ![0, false, "off", "none"].includes(value as string),
  );
  const batches =
    accumulate > 1 ? `${batchSize} images, accumulated over ${accumulate} batches` : `${batchSize} images`;
  return [
    `**Training.** Networks were trained for ${epochs} ${epochs === 1 ? "epoch" : "epochs"} in batches of ${batches} with ${optimizer.name} (${settings(optimizer)}), following a ${schedule.name} schedule (${settings(schedule)}).`,
    ...(used.length > 0
      ? [`Also: ${used.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ")}.`]
      : []),
    select === "validation"
      ? "The weights of the epoch with the lowest validation error were tested."
      : "The weights of the last epoch were tested.",
    ...(Object.keys(fixed).length > 0
      ? [
          `Of what seeds determine, ${Object.keys(fixed).join(", ")} had the same seed in all runs of a variant.`,
        ]
      : []),
    `Arithmetic: ${precision}. What variants share started from equal values and saw the images in the same order and with the same augmentation for equal seeds.`,
  ].join(" ");
}

function testWords({ comparison, runs }: ReportData): string {
  const { variants, comparisons, alpha, metric } = comparison;
  const compared = variants.filter(({ difference }) => difference);
  if (compared.length === 0) return "";
  const counts = compared.map(({ difference }) => difference?.n ?? 0);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? `${least} seeds` : `${least} to ${most} seeds`;
  const failed = runs.filter(({ status }) => status === "failed").length;
  const isSequential = compared.every((one) => one.isSequential);
  const fixed = `Differences were tested by the two-sided exact sign-flip test [@fisher1935]; intervals are Student's at ${levelWords(comparison)}.`;
  const anytime = `Seeds were added until each comparison was decided: after every seed, a test martingale for differences that are symmetric around 0 [@ville1939; @delapena1999; @ramdas2023] gave a p-value that holds at any time, and a confidence sequence [@howard2021] an interval (${levelWords(comparison)}).`;
  return [
    `**Comparison.** The ${metricWords(metric)} of each variant was compared with that of ${commonBaseline(comparison) ?? "its baseline"} over ${seeds}, paired by seed.`,
    isSequential ? anytime : fixed,
    `p-values were corrected for ${comparisons} ${comparisons === 1 ? "comparison" : "comparisons"} by Holm's method [@holm1979] and compared with ${alpha}.`,
    ...(failed > 0
      ? [`${failed} ${failed === 1 ? "run" : "runs"} failed and ${failed === 1 ? "is" : "are"} not included.`]
      : []),
    "Calibration errors are expected calibration errors over 15 bins [@guo2017].",
  ].join(" ");
}

interface EnvironmentWords {
  readonly squeezebox?: string;
  readonly commit?: string | null;
  readonly node?: string;
  readonly engine?: string;
  readonly cpu?: string;
  readonly cores?: number;
  readonly packages?: Readonly<Record<string, string>>;
}

function machineWords({ environments, runs }: ReportData): string {
  const read = environments.flatMap((text) => {
    try {
      return [JSON.parse(text) as EnvironmentWords];
    } catch {
      return [];
    }
  });
  if (read.length === 0) return "";
  const each = (of: (one: EnvironmentWords) => string | undefined) =>
    [...new Set(read.map(of).filter(Boolean))].join("; ");
  const seconds = runs.reduce((sum, { result }) => sum + (result?.seconds ?? 0), 0);
  const packages = each(({ packages = {} }) =>
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  );
  return `**Software and hardware.** Squeezebox ${each(({ squeezebox, commit }) => (commit ? `${squeezebox} (commit ${commit.slice(0, 12)})` : squeezebox))} with ${packages} on Node.js ${each(({ node }) => node)}; ${each(({ engine }) => engine)}; ${each(({ cpu, cores }) => cpu && `${cpu}, ${cores} cores`)}. Training took ${formatDuration(seconds)} in total.`;
}

function referencesOf(data: ReportData): Reference[] {
  const experiments = experimentsOf(data);
  // Gates can be in the network, in stages and in modules, so their types are looked for everywhere.
  const text = JSON.stringify(experiments.map(([, { network }]) => network));
  const gates = Object.entries(OF_GATES).flatMap(([type, reference]) =>
    text.includes(`"type":"${type}"`) ? [reference] : [],
  );
  const blocks: Reference[] = /"block":"(?:basic|bottleneck)/.test(text) ? ["he2016"] : [];
  const datasets = experiments.flatMap(([, { dataset }]) => OF_DATASETS[String(dataset?.name)] ?? []);
  const tests: Reference[] = data.comparison.variants.some(({ isSequential }) => isSequential)
    ? ["ville1939", "delapena1999", "howard2021", "ramdas2023"]
    : ["fisher1935"];
  return [...gates, ...blocks, ...datasets, ...tests, "holm1979", "guo2017", "smilkov2019"];
}
