// Collects steps for calls of several.

import type { Program, Values } from "../runtime/program.js";
import { StepsAtOnce } from "./steps-at-once.js";

export interface QueuedProgram {
  readonly program: Program;
  readonly atOnce: StepsAtOnce;
}

export function queuedProgram(program: Program): QueuedProgram {
  return { program, atOnce: new StepsAtOnce(program) };
}

export class StepQueue<Step extends { readonly inputs: Values }> {
  #target: QueuedProgram | null = null;
  #steps: Step[] = [];
  #lastCall = performance.now();

  /** `onResults` is called for each step in turn, once it has been run. */
  constructor(private readonly onResults: (step: Step, results: Values) => void) {}

  /** Runs the step now, or later together with those that follow. The inputs can be reused once this returns. */
  async add(target: QueuedProgram, step: Step): Promise<void> {
    if (target !== this.#target) await this.flush();
    this.#target = target;
    const isLast = this.#steps.length + 1 >= target.atOnce.count;
    this.#steps.push(isLast ? step : { ...step, inputs: copied(step.inputs) });
    if (isLast) await this.flush();
  }

  /** Runs the steps that are waiting. */
  async flush(): Promise<void> {
    const [target, steps] = [this.#target, this.#steps];
    if (target === null || steps.length === 0) return;
    this.#steps = [];
    const results = await target.program.runEach(steps.map(({ inputs }) => inputs));
    const now = performance.now();
    const call = {
      steps: steps.length,
      milliseconds: now - this.#lastCall,
      bytes: bytesOf(steps[0]?.inputs),
    };
    target.atOnce.note(call);
    this.#lastCall = now;
    for (const [index, step] of steps.entries()) this.onResults(step, results[index] as Values);
  }
}

function copied(inputs: Values): Values {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)]),
  );
}

export function bytesOf(inputs: Values = {}): number {
  return Object.values(inputs).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
