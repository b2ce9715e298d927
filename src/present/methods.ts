// The data of a report -> paragraphs on methods for a paper, with the sources of what was used.

import type { AskedComparison } from "../config/sweep-question.js";
import type { Distribution, Question } from "../config/sweep-spec.js";
import { formatCount, formatDuration } from "../format.js";
import type { ReportData } from "../report/read-report.js";
import { halvingWords } from "./halving.js";
import { dataWords, networkWords, startWords, trainingWords } from "./methods-recipe.js";
import { levelWords, metricScale, metricWords } from "./metric-words.js";
import { OF_GATES, OF_NETWORKS } from "./network-references.js";
import { bibtex, OF_DATASETS, type Reference } from "./references.js";
import { tuningWords } from "./tuned-values.js";

/** Markdown: what was done, then BibTeX. */
export function methodsOf(data: ReportData): string {
  const parts = [
    dataWords(data),
    networkWords(data),
    startWords(data),
    trainingWords(data),
    tuningParagraph(data),
    selectionParagraph(data),
    chanceWords(data),
    testWords(data),
    machineWords(data),
    citedWords(data),
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

function tuningParagraph({ comparison: { tunings } }: ReportData): string {
  return tunings.length === 0 ? "" : `**Tuning.** ${tunings.map(tuningWords).join(" ")}`;
}

function selectionParagraph({ comparison: { halvings, variants } }: ReportData): string {
  const stopped = variants.flatMap(({ variant, uncompared }) =>
    uncompared?.kind === "stopped" ? [variant] : [],
  );
  return halvings.length === 0 || stopped.length === 0
    ? ""
    : `**Selection.** ${halvings.map(halvingWords).join(" ")} These variants were stopped: ${stopped.join(", ")}.`;
}

const SOURCES: Readonly<Record<string, string>> = {
  init: "the initial weights",
  order: "the order of the training images",
  augmentation: "augmentation",
  dropout: "dropout",
  split: "which images were held out",
};

/** What differed between seeds, in each sweep. */
function chanceWords({ sweeps, configs }: ReportData): string {
  const listed = sweeps.flatMap(({ name, asked }) => {
    if (!asked) return [];
    const words = (isVaried: boolean) =>
      Object.entries(SOURCES)
        .filter(([source]) => asked.vary.includes(source) === isVaried && (isVaried || source !== "split"))
        .map(([, text]) => text)
        .join(", ");
    const same = words(false);
    const where = sweeps.length > 1 ? `In ${name}, the` : "The";
    const drawn = asked.random.map(({ path, from }) => `${path} ${distributionWords(from)}`).join(", ");
    return [
      `${where} seed of a run determined ${words(true)}${same === "" ? "" : `; ${same} were the same for all seeds`}.${drawn === "" ? "" : ` It also drew ${drawn}, the same for all variants (above: what the first seed drew).`}`,
    ];
  });
  const hasOwn = [...configs.values()].some((config) => JSON.stringify(config).includes('"sourceSeeds":{"'));
  return listed.length === 0
    ? ""
    : `**Chance.** ${listed.join(" ")} For equal seeds, variants saw the images in the same order and with the same augmentation, and what they share started from equal values${hasOwn ? ", except where seeds of single sources (sourceSeeds) were set" : ""}.`;
}

function distributionWords(from: Distribution): string {
  if (from.kind === "choice") return `from ${from.values.join(", ")}`;
  const how = { uniform: "uniformly", log: "log-uniformly", int: "uniformly among the integers" }[from.kind];
  return `${how} from ${from.least} to ${from.most}`;
}

function testWords({ comparison, runs, sweeps }: ReportData): string {
  const { variants, comparisons, alpha, metric } = comparison;
  const compared = variants.filter(({ difference }) => difference);
  if (compared.length === 0) return "";
  const counts = compared.map(({ difference }) => difference?.n ?? 0);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? `${least} ${least === 1 ? "seed" : "seeds"}` : `${least} to ${most} seeds`;
  const failed = runs.filter(({ status }) => status === "failed").length;
  const fixed = `Differences were tested by the two-sided exact sign-flip test [@fisher1935]; intervals are Student's at ${levelWords(comparison)}.`;
  const anytime = `After every seed, a test martingale for differences that are symmetric around 0 [@ville1939; @delapena1999; @ramdas2023] gave a p-value that holds at any time, and a confidence sequence [@howard2021] an interval (${levelWords(comparison)}).`;
  const rules = sweeps.flatMap(({ name, asked }) =>
    asked?.question ? [ruleWords(name, asked, sweeps.length)] : [],
  );
  const ways = [
    ...(compared.some((one) => !one.isSequential) ? [fixed] : []),
    ...(rules.length > 0 ? [...rules, anytime] : []),
  ];
  const baselines = [...new Set(variants.map(({ baseline }) => baseline))];
  return [
    `**Comparison.** The ${metricWords(metric)} of each variant was compared with that of ${baselines.length === 1 ? baselines[0] : `the baseline of its sweep (${baselines.join(", ")})`} over ${seeds}, paired by seed.`,
    ...ways,
    `p-values were corrected for ${comparisons} ${comparisons === 1 ? "comparison" : "comparisons"} by Holm's method [@holm1979] and compared with ${alpha}.`,
    ...(failed > 0
      ? [`${failed} ${failed === 1 ? "run" : "runs"} failed and ${failed === 1 ? "is" : "are"} not included.`]
      : []),
    "Calibration errors are expected calibration errors over 15 bins [@guo2017].",
  ].join(" ");
}

/** When no more seeds were added. */
function ruleWords(name: string, { question, metric }: AskedComparison, sweeps: number): string {
  const { margin, decided, width, alpha, atMost } = question as Question;
  const { scale, points, digits } = metricScale(metric);
  const size = (value: number) => `${Number((value * scale).toFixed(digits))}${points}`;
  const equal = margin === null ? "" : `, was equal to it (its interval was within ${size(margin)})`;
  const answer = `differed from the baseline at the level ${alpha}${equal}`;
  const narrow = width === null ? "" : `half of its interval's width was at most ${size(width)}`;
  const until = !decided
    ? narrow
    : narrow === ""
      ? `${answer}, or was unlikely to be decided`
      : `${answer}, and ${narrow}`;
  return `${sweeps > 1 ? `In ${name}, seeds` : "Seeds"} were added, up to ${atMost}, until the ${metricWords(metric)} of each variant ${decided ? until : `was known so well that ${until}`}.`;
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
  const own = each(({ squeezebox, commit }) =>
    commit ? `${squeezebox} (commit ${commit.slice(0, 12)})` : squeezebox,
  );
  return `**Software and hardware.** Squeezebox ${own} with ${packages} on Node.js ${each(({ node }) => node)}; ${each(({ engine }) => engine)}; ${each(({ cpu, cores }) => cpu && `${cpu}, ${cores} cores`)}. Training took ${formatDuration(seconds)} in total (${formatCount(runs.filter(({ result }) => result !== null).length)} runs).`;
}

/** What was not cited where it was used. */
function citedWords(data: ReportData): string {
  const { gates, networks, datasets } = usedIn(data);
  const words = [
    ...(gates.length > 0 ? [`gates ${citations(gates)}`] : []),
    ...(networks.length > 0 ? [`parts of networks ${citations(networks)}`] : []),
    ...(datasets.length > 0 ? [`data ${citations(datasets)}`] : []),
    `automatic differentiation by TensorFlow.js ${citations(["smilkov2019"])}`,
  ];
  return `**Sources.** ${words.join("; ")}.`;
}

function citations(keys: readonly Reference[]): string {
  return `[${[...new Set(keys)].map((key) => `@${key}`).join("; ")}]`;
}

function usedIn({ configs }: ReportData): Record<"gates" | "networks" | "datasets", Reference[]> {
  // Gates can be in the network, in stages and in modules, so their types are looked for everywhere.
  const text = JSON.stringify([...configs.values()]);
  const names = Object.entries(OF_DATASETS);
  return {
    gates: Object.entries(OF_GATES).flatMap(([type, reference]) =>
      text.includes(`"type":"${type}"`) ? [reference] : [],
    ),
    networks: OF_NETWORKS.flatMap(([used, reference]) => (used.test(text) ? [reference] : [])),
    datasets: names.flatMap(([name, reference]) =>
      text.includes(`"dataset":{"name":"${name}"`) ? [reference] : [],
    ),
  };
}

function referencesOf(data: ReportData): Reference[] {
  const { gates, networks, datasets } = usedIn(data);
  const compared = data.comparison.variants.filter(({ difference }) => difference);
  const tests: Reference[] = [
    ...(compared.some(({ isSequential }) => !isSequential) ? (["fisher1935"] as const) : []),
    ...(data.sweeps.some(({ asked }) => asked?.question)
      ? (["ville1939", "delapena1999", "howard2021", "ramdas2023"] as const)
      : []),
    ...(data.comparison.halvings.length > 0 ? (["jamieson2016"] as const) : []),
    ...(compared.length > 0 ? (["holm1979", "guo2017"] as const) : []),
  ];
  return [...gates, ...networks, ...datasets, ...tests, "smilkov2019"];
}
