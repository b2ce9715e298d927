// The data of sweeps -> one self-contained page with question, answer, tables, plots and runs. It has no scripts and loads nothing.

import { stringify } from "yaml";
import { formatDuration, formatPercent } from "../format.js";
import { commonBaseline } from "../report/comparison.js";
import { configChanges } from "../report/config-changes.js";
import type { ReportData } from "../report/read-report.js";
import { gainAndCost, legend } from "./comparison-table.js";
import { MOST_CLASSES } from "./confusion-plot.js";
import { classDifferenceTable, EVIDENCE_LEGEND, evidenceSentences, evidenceTable } from "./evidence.js";
import type { Figure } from "./figures.js";
import { escapeHtml, figure, foldedText, htmlTable, imageFigure, page } from "./html.js";
import { metricScale, metricWords } from "./metric-words.js";
import { answerOf, conditionsOf, sentencesOf } from "./sentences.js";

/** The images that a variant gains and loses, as PNG, or why they cannot be shown. */
export type TurnedPicture =
  | { readonly gained: Buffer | null; readonly lost: Buffer | null }
  | { readonly problem: string };

/** By variant. */
export type TurnedPictures = ReadonlyMap<string, TurnedPicture>;

export function htmlReport(
  data: ReportData,
  { figures, pictures }: { readonly figures: readonly Figure[]; readonly pictures: TurnedPictures },
): string {
  const { name, comparison, damaged } = data;
  const { metric } = comparison;
  const isForest = ({ name }: Figure) => name === "difference";
  const forest = figures.filter(isForest);
  const others = figures.filter((one) => !isForest(one));
  const baseline = commonBaseline(comparison) ?? "the baseline of their sweep";
  const seeds = Math.max(0, ...comparison.variants.map(({ difference }) => difference?.n ?? 0));
  return page(
    name,
    `<p>Which variants have a lower ${escapeHtml(metricWords(metric))} than <b>${escapeHtml(baseline)}</b>? Variants compared: ${comparison.comparisons}, over ${seeds} ${seeds === 1 ? "seed" : "seeds"}.</p>
<p class="answer">${escapeHtml(answerOf(comparison))}</p>
${damaged.map((problem) => `<p class="damaged">${escapeHtml(problem)}</p>`).join("\n")}
${conditionsOf(comparison)
  .map((condition) => `<p class="note">${escapeHtml(condition)}</p>`)
  .join("\n")}
${forest.map(({ svg, caption }) => figure(svg, caption)).join("\n")}
<ul>${sentencesOf(comparison)
      .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
      .join("\n")}</ul>
${gainAndCost(comparison)
  .map(({ head, rows, best }) => htmlTable(head, rows, { bold: best }))
  .join("\n")}
${classTable(data)}
${evidenceSection(data, pictures)}
<p class="legend">${escapeHtml(`${legend(comparison)} Bold: the lowest mean. The statistics are computed from the column ${metric} of summary.csv.`)}</p>
<div class="plots">${others.map(({ svg, caption }) => figure(svg, caption)).join("\n")}</div>
<h2>Runs</h2>
${runTable(data)}
${foldedText("Environment", data.environments.join("\n"))}
${data.sweeps.map(({ name, text }) => foldedText(`Sweep ${name}`, text)).join("\n")}
${configText(data)}`,
  );
}

/** What runs predict of each test image; empty if that was not kept. */
function evidenceSection({ comparison, evidence, classNames }: ReportData, pictures: TurnedPictures): string {
  const byClass = classDifferenceTable(evidence, { classNames, alpha: comparison.alpha });
  const table = evidenceTable(evidence);
  const parts = [
    byClass &&
      `${htmlTable(byClass.head, byClass.rows)}<p class="legend">Differences in the test error of each class in points; * p &lt;= ${comparison.alpha} after Holm's correction for the classes of the variant.</p>`,
    table &&
      `<h2>By test image</h2>${htmlTable(table.head, table.rows)}<p class="legend">${escapeHtml(EVIDENCE_LEGEND)}</p><ul>${evidenceSentences(
        evidence,
      )
        .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
        .join("\n")}</ul>`,
  ];
  return [...parts.filter((part) => part !== null), ...[...pictures].flatMap(pictureParts)].join("\n");
}

function pictureParts([variant, found]: [string, TurnedPicture]): string[] {
  if ("problem" in found)
    return [
      `<p class="note">${escapeHtml(`${variant}: the images that it gains and loses cannot be shown: ${found.problem}`)}</p>`,
    ];
  const captions = {
    gained: `Gained by ${variant}: all of its runs classify these test images correctly, and none of the baseline does.`,
    lost: `Lost by ${variant}: none of its runs classifies these test images correctly, and all of the baseline do.`,
  };
  return (["gained", "lost"] as const).flatMap((kind) => {
    const png = found[kind];
    return png ? [imageFigure(png, captions[kind])] : [];
  });
}

function runTable({ runs, comparison: { metric } }: ReportData): string {
  const { scale, unit, digits } = metricScale(metric);
  const paths = [...new Set(runs.flatMap(({ drawn }) => Object.keys(drawn)))];
  return htmlTable(
    ["run", ...paths, "status", "epochs", metricWords(metric), "time", "reason"],
    runs.map(({ variant, seed, drawn, status, epochs, result, reason }) => [
      `${variant}/seed-${seed}`,
      ...paths.map((path) => String(drawn[path] ?? "")),
      status,
      String(epochs),
      written(result?.[metric] ?? null, (value) => `${(value * scale).toFixed(digits)}${unit}`),
      written(result?.seconds ?? null, formatDuration),
      reason,
    ]),
  );
}

/** Empty if there is no value. */
function written(value: number | null, format: (value: number) => string): string {
  return value === null ? "" : format(value);
}

/** Test error by class; empty if no run has it, if there are too many classes, or if variants have different numbers of classes. */
function classTable({ comparison: { variants }, classNames }: ReportData): string {
  const rows = variants.flatMap(({ variant, errorsByClass }) =>
    errorsByClass && errorsByClass.length <= MOST_CLASSES ? [{ variant, errorsByClass }] : [],
  );
  const [first] = rows;
  if (!first || rows.some(({ errorsByClass }) => errorsByClass.length !== first.errorsByClass.length))
    return "";
  const names = first.errorsByClass.map((_, label) => classNames[label] ?? String(label));
  return htmlTable(
    ["test error by class", ...names.map((name) => `class ${name}`)],
    rows.map(({ variant, errorsByClass }) => [
      variant,
      ...errorsByClass.map((error) => (error === null ? "-" : formatPercent(error))),
    ]),
  );
}

/** The first experiment in full, and the differences of the others from it. */
function configText({ configs }: ReportData): string {
  const [first, ...others] = configs;
  if (!first) return "";
  const [name, config] = first;
  const changes = others.map(([other, value]) =>
    [`${other}:`, ...configChanges(config, value).map((change) => `  ${change}`)].join("\n"),
  );
  const full = foldedText(`Experiment of ${name}, with all defaults`, stringify(config));
  return changes.length === 0
    ? full
    : `${full}\n${foldedText(`What differs from ${name}`, changes.join("\n"))}`;
}
