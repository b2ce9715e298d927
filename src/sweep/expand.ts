// A sweep -> its variants, each a checked experiment and its network, and the runs: every variant with every seed.

import { checkExperiment, type Experiment } from "../config/experiment.js";
import { applyOverrides, type Override, parsePath } from "../config/override.js";
import type { Located } from "../config/source.js";
import { didYouMean } from "../config/suggest.js";
import { type AxisValue, type Metric, placeholders, type Sweep, type VariantSpec } from "../config/sweep.js";
import { type Diagnostic, DiagnosticError, type Path } from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import { checkBuilt } from "../network/check-built.js";
import { type Complexity, complexityOf } from "../network/complexity.js";
import { fingerprintOf } from "../network/fingerprint.js";
import type { Graph, Shape } from "../network/graph.js";

export interface DatasetFacts {
  readonly shape: Shape;
  readonly classes: number;
  readonly trainImages: number;
  readonly fingerprint: string;
}

export interface Variant {
  readonly name: string;
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly complexity: Complexity;
  readonly dataset: DatasetFacts;
}

export interface Run {
  /** `<variant>/seed-<n>`: also its folder. */
  readonly name: string;
  readonly variant: Variant;
  readonly seed: number;
  readonly experiment: Experiment;
  readonly fingerprint: string;
}

export interface ExpandedSweep {
  readonly name: string;
  readonly variants: readonly Variant[];
  /** Seed by seed, so that an interrupted sweep has compared all variants equally often. */
  readonly runs: readonly Run[];
  readonly baseline: string;
  readonly metric: Metric;
}

/**
 * `overrides` (from the command line) are applied after the variants' own. `factsOf` tells about a dataset; it is asked
 * once for each different one. Throws DiagnosticError with the mistakes of all variants.
 */
export async function expandSweep(
  sweep: Sweep,
  overrides: readonly Override[],
  factsOf: (experiment: Experiment) => Promise<DatasetFacts>,
): Promise<ExpandedSweep> {
  // First all that the files alone can say, then what needs the data: missing data hide no mistake.
  const points = checkedPoints(sweep, overrides);
  const variants: Variant[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index] of sweep.variants.entries()) {
    const made: Variant[] = [];
    const own = points.filter((point) => point.index === index);
    for (const { name, axes, experiment, located } of own) {
      const dataset = await factsOf(experiment);
      const graph = buildNetwork(experiment.network, dataset);
      const problems = checkBuilt({ located, directory: sweep.directory, experiment, graph, input: dataset });
      diagnostics.push(...problems);
      if (problems.length === 0)
        made.push({ name, axes, experiment, graph, complexity: complexityOf(graph), dataset });
    }
    if (made.length === own.length) diagnostics.push(...idleAxes(sweep, index, made));
    variants.push(...made);
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return {
    name: sweep.name,
    variants,
    runs: sweep.seeds.flatMap((seed) => variants.map((variant) => runOf(variant, seed))),
    baseline: sweep.compare.baseline ?? (variants[0] as Variant).name,
    metric: sweep.compare.metric,
  };
}

interface Point {
  /** Of its variant in the file. */
  readonly index: number;
  readonly name: string;
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly experiment: Experiment;
  readonly located: Located;
}

/** Every combination of every variant, as far as it can be checked without data. Throws DiagnosticError. */
function checkedPoints(sweep: Sweep, overrides: readonly Override[]): Point[] {
  const diagnostics: Diagnostic[] = [];
  const points = sweep.variants.flatMap((spec, index) =>
    combinations(spec).flatMap((axes): Point[] => {
      const applied = applyOverrides(sweep.experiment, [
        ...variantOverrides(sweep, index, axes),
        ...overrides,
      ]);
      const checked = applied.ok ? checkExperiment(applied.value, sweep.directory) : applied;
      if (!checked.ok || !applied.ok) {
        diagnostics.push(...(checked.ok ? [] : checked.diagnostics));
        return [];
      }
      return [
        { index, name: fillIn(spec.name, axes), axes, experiment: checked.value, located: applied.value },
      ];
    }),
  );
  diagnostics.push(...checkNames(sweep));
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return points;
}

function runOf(variant: Variant, seed: number): Run {
  const experiment = { ...variant.experiment, seed };
  return {
    name: `${variant.name}/seed-${seed}`,
    variant,
    seed,
    experiment,
    fingerprint: fingerprintOf(experiment, variant.graph, variant.dataset.fingerprint),
  };
}

/** Every combination of the grid, each with every step of the zip. */
function combinations({ grid, zip }: VariantSpec): Record<string, AxisValue>[] {
  const steps = Object.values(zip)[0]?.length ?? 1;
  const zipped = Array.from({ length: steps }, (_, step) =>
    Object.fromEntries(Object.entries(zip).map(([name, values]) => [name, values[step] as AxisValue])),
  );
  return Object.entries(grid)
    .reduce<Record<string, AxisValue>[]>(
      (points, [name, values]) =>
        points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
      [{}],
    )
    .flatMap((point) => zipped.map((step) => ({ ...point, ...step })));
}

function variantOverrides(
  sweep: Sweep,
  index: number,
  axes: Readonly<Record<string, AxisValue>>,
): Override[] {
  return Object.entries(sweep.variants[index]?.set ?? {}).map(([path, value]) => {
    const place = ["variants", index, "set", path];
    return {
      path: parsePath(fillIn(path, axes)),
      value: fillInValue(value, axes),
      key: sweep.locate(place, "key"),
      locate: (within, part) => sweep.locate([...place, ...within], part),
    };
  });
}

/** A text that is one placeholder becomes the axis' value itself; in longer texts the value is written out. */
function fillInValue(value: unknown, axes: Readonly<Record<string, AxisValue>>): unknown {
  if (typeof value === "string") {
    const whole = /^\$\{(\w+)\}$/.exec(value);
    return whole ? axes[whole[1] as string] : fillIn(value, axes);
  }
  if (Array.isArray(value)) return value.map((item) => fillInValue(item, axes));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillInValue(inner, axes)]));
  return value;
}

function fillIn(text: string, axes: Readonly<Record<string, AxisValue>>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => String(axes[name]));
}

/** An axis whose values all give the same run, whatever the other axes say, was meant to change something. */
function idleAxes(sweep: Sweep, index: number, variants: readonly Variant[]): Diagnostic[] {
  const { grid = {}, zip = {} } = sweep.variants[index] ?? {};
  const identity = (variant: Variant) => runOf(variant, 0).fingerprint;
  const idle = (names: readonly string[]) => {
    const groups = new Map<string, Set<string>>();
    for (const variant of variants) {
      const others = JSON.stringify(Object.entries(variant.axes).filter(([name]) => !names.includes(name)));
      groups.set(others, (groups.get(others) ?? new Set()).add(identity(variant)));
    }
    return [...groups.values()].every((fingerprints) => fingerprints.size === 1);
  };
  const report = (kind: "grid" | "zip", name: string): Diagnostic => {
    const path = ["variants", index, kind, name];
    return {
      code: "idle-axis",
      message: `every value of \`${name}\` gives the same network, data and training`,
      path,
      location: sweep.locate(path, "key"),
    };
  };
  const idleGrid = Object.entries(grid)
    .filter(([name, values]) => values.length > 1 && idle([name]))
    .map(([name]) => report("grid", name));
  const [first] = Object.entries(zip);
  const idleZip = first && first[1].length > 1 && idle(Object.keys(zip)) ? [report("zip", first[0])] : [];
  return [...idleGrid, ...idleZip];
}

const SAFE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._=+-]*[A-Za-z0-9_=+-])?$/;

function checkNames(sweep: Sweep): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, message: string, path: Path) =>
    diagnostics.push({ code, message, path, location: sweep.locate(path, "value") });
  const namesOf = (spec: VariantSpec) => combinations(spec).map((axes) => fillIn(spec.name, axes));
  const seen = new Set<string>();
  sweep.variants.forEach((spec, index) => {
    const path = ["variants", index, "name"];
    for (const name of namesOf(spec)) {
      // On some systems names that differ in case only are one folder.
      const folder = name.toLowerCase();
      if (seen.has(folder)) {
        const unused = Object.keys({ ...spec.grid, ...spec.zip }).filter(
          (axis) => !placeholders(spec.name).includes(axis),
        );
        const hint = unused.length > 0 ? `; put \${${unused.join("} and ${")}} into the name` : "";
        report("duplicate-variant", `two variants are called \`${name}\`${hint}`, path);
        break;
      }
      if (!SAFE_NAME.test(name) || name.length > 100) {
        const rule = "letters, digits and . _ = + - only, a letter or digit first, no dot last";
        report("unsafe-name", `\`${name}\` names a folder: ${rule}`, path);
        break;
      }
      seen.add(folder);
    }
  });
  const { baseline } = sweep.compare;
  const names = sweep.variants.flatMap(namesOf);
  if (baseline !== null && !names.includes(baseline)) {
    const meant = didYouMean(baseline, names) || `; there are ${names.join(", ")}`;
    report("unknown-variant", `no variant is called \`${baseline}\`${meant}`, ["compare", "baseline"]);
  }
  return diagnostics;
}
