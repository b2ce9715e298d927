// What runs predict of each test image -> tables and sentences.

import { formatFixed, formatPercent, formatSigned, formatTable } from "../format.js";
import { cellOf, type WholeRow } from "../records/columns.js";
import type { CLASS_COLUMNS, EVIDENCE_COLUMNS } from "../records/report-tables.js";
import type { ClassDifference } from "../report/class-differences.js";
import type { ImageEvidence } from "../report/image-evidence.js";
import { MOST_CLASSES } from "./confusion-plot.js";

const NOTHING = "-";
const percent = (share: number | null | undefined) =>
  share === null || share === undefined || Number.isNaN(share) ? NOTHING : formatPercent(share);
const points = (share: number) => formatFixed(100 * share, 2);

export interface EvidenceTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Null if no run has predictions. */
export function evidenceTable(evidence: readonly ImageEvidence[]): EvidenceTable | null {
  if (evidence.every(({ ensemble }) => ensemble === null)) return null;
  return {
    head: [
      "variant",
      "calibration error",
      "vote of runs",
      "runs disagree",
      "± seeds",
      "± images",
      "± both",
      "gained",
      "lost",
    ],
    rows: evidence.map(({ variant, calibrationError, ensemble, errors, gained, lost }) => [
      variant,
      percent(calibrationError),
      ensemble ? `${percent(ensemble.error)} (${ensemble.members})` : NOTHING,
      percent(ensemble?.disagreement),
      ...[errors?.seeds, errors?.images, errors?.both].map((one) =>
        one === undefined ? NOTHING : points(one),
      ),
      ...[gained, lost].map((images) => (images === null ? NOTHING : String(images.length))),
    ]),
  };
}

/** For a terminal: differences by class, and what runs predict of test images; null for what there is not. */
export function formatEvidence(
  evidence: readonly ImageEvidence[],
  { alpha, width }: { readonly alpha: number; readonly width: number },
): (string | null)[] {
  return [classDifferenceTable(evidence, { classNames: [], alpha }), evidenceTable(evidence)].map((table) => {
    const right = (table?.head ?? []).map((_, column) => column).slice(1);
    return table && formatTable(table.head, table.rows, { right, width });
  });
}

export const EVIDENCE_LEGEND =
  "Calibration error: expected calibration error over 15 bins of confidence, mean over runs. Vote of runs: test error of the class that most runs predict, which costs as many times the computation as there are runs (in parentheses). Runs disagree: share of images of which two runs predict different classes. ±: standard error of the difference in test error in points, if only seeds, only test images, or both were drawn anew. Gained: images that all runs of the variant classify correctly and none of the baseline does; lost: the reverse.";

/** What would make the difference of each variant more certain, and whether its gates help where they tell classes apart. */
export function evidenceSentences(evidence: readonly ImageEvidence[]): string[] {
  return [...evidence.flatMap(certaintyOf), ...evidence.flatMap(gateSentence)];
}

function certaintyOf({ variant, errors }: ImageEvidence): string[] {
  if (!errors || !(errors.both > 0)) return [];
  const { seeds, images, both } = errors;
  const ratio = images / seeds;
  const advice =
    ratio > 1.5
      ? "a larger test set would help more than more seeds"
      : ratio < 1 / 1.5
        ? "more seeds would help more than a larger test set"
        : "more seeds and a larger test set would help about equally";
  return [
    `${variant}: the standard error of its difference in test error is ${points(seeds)} points over seeds, ${points(images)} over test images and ${points(both)} over both; ${advice}.`,
  ];
}

function gateSentence({ variant, gates }: ImageEvidence): string[] {
  if (!gates) return [];
  const { coefficient, p, classes, runs } = gates;
  const verdict =
    p > 0.05
      ? "how far its gates single a class out does not tell how its error changes"
      : coefficient < 0
        ? "its error falls most in the classes that its gates single out"
        : "its error falls least in the classes that its gates single out";
  return [
    `${variant}: ${verdict} (rank correlation ${coefficient.toFixed(2)} over ${classes} classes, p = ${p.toPrecision(2)}, gates of ${runs} ${runs === 1 ? "run" : "runs"}).`,
  ];
}

/** Differences in test error by class, in points; null if there is nothing to compare. */
export function classDifferenceTable(
  evidence: readonly ImageEvidence[],
  { classNames, alpha }: { readonly classNames: readonly string[]; readonly alpha: number },
): EvidenceTable | null {
  const compared = evidence.filter(({ classes }) => classes.length > 0);
  const labels = [...new Set(compared.flatMap(({ classes }) => classes.map(({ label }) => label)))].sort(
    (a, b) => a - b,
  );
  if (labels.length === 0 || labels.length > MOST_CLASSES) return null;
  const cell = (one: ClassDifference | undefined) => {
    if (!one) return NOTHING;
    const star = one.adjustedP <= alpha ? " *" : "";
    return `${formatSigned(100 * one.difference, 2)}${star}`;
  };
  return {
    head: ["points by class", ...labels.map((label) => classNames[label] ?? String(label))],
    rows: compared.map(({ variant, classes }) => [
      variant,
      ...labels.map((label) => cell(classes.find((one) => one.label === label))),
    ]),
  };
}

/** The rows of evidence.csv. */
export function evidenceRecords(evidence: readonly ImageEvidence[]): WholeRow<typeof EVIDENCE_COLUMNS>[] {
  return evidence.map(({ variant, baseline, calibrationError, ensemble, errors, gates, gained, lost }) => ({
    variant,
    baseline,
    calibration_error: cellOf(calibrationError),
    members: ensemble?.members ?? 0,
    vote_error: cellOf(ensemble?.error),
    disagreement: cellOf(ensemble?.disagreement),
    error_seeds: cellOf(errors?.seeds),
    error_images: cellOf(errors?.images),
    error_both: cellOf(errors?.both),
    gate_correlation: gates?.coefficient ?? null,
    gate_p: gates?.p ?? null,
    gained: gained && [...gained],
    lost: lost && [...lost],
  }));
}

/** The rows of classes.csv. */
export function classRecords(
  evidence: readonly ImageEvidence[],
  classNames: readonly string[],
): WholeRow<typeof CLASS_COLUMNS>[] {
  return evidence.flatMap(({ variant, baseline, classes }) =>
    classes.map(({ label, difference, p, adjustedP }) => ({
      ...{ variant, baseline, difference, p },
      class: label,
      class_name: classNames[label] ?? String(label),
      p_holm: adjustedP,
    })),
  );
}
