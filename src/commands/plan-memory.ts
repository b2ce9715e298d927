// What memory the runs of a sweep will need, beside what there is.

import { formatBytes } from "../format.js";
import type { EngineOptions } from "../runtime/devices.js";
import { expectedBackend } from "../runtime/gpus.js";
import { machineBytes } from "../runtime/memory.js";
import type { Run } from "../sweep/variant.js";
import { plannedMemory } from "../training/planned-memory.js";

export interface MemoryPlan {
  /** Of the largest run. */
  readonly bytes: number;
  readonly text: string;
}

interface Options {
  readonly engine: EngineOptions;
  /** How many runs are trained at a time. */
  readonly jobs: number;
}

/** Null if runs are not trained on the CPU by the compiled engine, or if there are none. */
export function memoryPlan(runs: readonly Run[], options: Options): MemoryPlan | null {
  const largest = largestOf(runs);
  if (largest === null || !isOnCpu(options)) return null;
  const bytes = memoryOf(largest);
  const there = formatBytes(machineBytes());
  const text = `at most ${formatBytes(bytes)} of memory a run, besides the images (${there} are there)`;
  return { bytes, text: [text, ...advice(bytes, runs, options)].join("\n") };
}

/** What to do if runs need more memory than there is, alone or at the same time. */
export function memoryAdvice(runs: readonly Run[], options: Options): string[] {
  const largest = largestOf(runs);
  // What is predicted is less than this: most sweeps need not be looked at more closely.
  if (largest === null || options.jobs * (BYTES_AT_MOST * roughSize(largest) + BASE_BYTES) < machineBytes())
    return [];
  return isOnCpu(options) ? advice(memoryOf(largest), runs, options) : [];
}

/** For each number of `roughSize`, and for the process itself. */
const BYTES_AT_MOST = 100;
const BASE_BYTES = 3e8;

function advice(bytes: number, runs: readonly Run[], { jobs }: Options): string[] {
  const there = machineBytes();
  const together = Math.min(jobs, runs.length);
  if (bytes > there)
    return [
      `a run may need ${formatBytes(bytes)} of memory, and there are ${formatBytes(there)}, so it would be refused: lower training.batchSize, with training.accumulate for as many images per step`,
    ];
  if (together * bytes <= there) return [];
  return [
    `${together} runs at a time may need ${formatBytes(together * bytes)} of memory, and there are ${formatBytes(there)}: --jobs ${Math.floor(there / bytes)}`,
  ];
}

/** Whether the compiled engine trains the runs on the CPU. Looks for GPUs if the backend is to be chosen. */
function isOnCpu({ engine }: Options): boolean {
  return engine.device === "cpu" && expectedBackend(engine) === "compiled";
}

function largestOf(runs: readonly Run[]): Run | null {
  return [...runs].sort((a, b) => roughSize(b) - roughSize(a))[0] ?? null;
}

/** Outputs of convolutions in a batch, and weights: grows with the memory that a run needs. */
function roughSize({ variant: { complexity }, experiment }: Run): number {
  return experiment.training.batchSize * complexity.activations + complexity.params.total;
}

function memoryOf({ experiment, variant: { graph, dataset } }: Run): number {
  return plannedMemory(experiment, graph, dataset);
}
