// The compiled engine: step functions traced, lowered to ONNX and run by ONNX Runtime on the CPU.

import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { lower, type OnnxModel } from "../compile/lower.js";
import type { OnnxValue } from "../compile/onnx-builder.js";
import { createSession, probeBlockSize, type Session } from "../compile/session.js";
import { trace, useTraceBackend } from "../compile/trace.js";
import { sizeOfShape } from "../compile/traced-graph.js";
import type { Engine, Program, State, StepFunction, Values } from "./engine.js";

export interface CompiledOptions {
  readonly threads: number;
  /** Prefix of profile files, for finding where the time goes. */
  readonly profile?: string;
  /** False: only kernels on plain layouts, to compare with. */
  readonly blocked: boolean;
}

export async function createCompiledEngine(options: CompiledOptions): Promise<Engine> {
  const block = options.blocked ? await probeBlockSize() : null;
  useTraceBackend();
  return new CompiledEngine(options, block);
}

/** A state's two buffers: a program reads one and writes the other, then they change places. */
interface Slot {
  current: Tensor;
  spare: Tensor;
}

class CompiledEngine implements Engine {
  readonly backend = "compiled";
  readonly description: string;
  #variables: ReadonlyMap<string, tf.Variable> = new Map();
  readonly #slots = new Map<string, Slot>();
  readonly #sessions: Session[] = [];

  constructor(
    private readonly options: CompiledOptions,
    private readonly block: number | null,
  ) {
    const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as {
      version: string;
    };
    const { threads } = options;
    this.description = `ONNX Runtime ${version}, CPU, ${threads} ${threads === 1 ? "thread" : "threads"}, ${block === null ? "plain kernels" : `blocks of ${block} channels`}`;
  }

  bind(variables: ReadonlyMap<string, tf.Variable>): void {
    this.#variables = variables;
    for (const [name, { shape }] of variables) {
      const make = () => new Tensor("float32", new Float32Array(sizeOfShape(shape)), [...shape]);
      this.#slots.set(name, { current: make(), spare: make() });
    }
  }

  async compile(step: StepFunction): Promise<Program> {
    const model = lower(trace(step, this.#variables), this.block);
    const session = await createSession(model.bytes, this.options);
    this.#sessions.push(session);
    return { run: (inputs) => this.#run(session, model, inputs) };
  }

  async #run(session: Session, model: OnnxModel, inputs: Values): Promise<Values> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { name: declared, shape }] of model.inputs)
      feeds[declared] = inputTensor(inputs, name, shape);
    for (const [name, declared] of model.stateInputs) feeds[declared.name] = this.#slot(name).current;
    const fetches: Record<string, Tensor | null> = {};
    for (const declared of model.outputs.values()) fetches[declared.name] = null;
    for (const [name, declared] of model.stateOutputs) fetches[declared.name] = this.#slot(name).spare;
    const results = await session.run(feeds, fetches);
    for (const name of model.stateOutputs.keys()) {
      const slot = this.#slot(name);
      [slot.current, slot.spare] = [slot.spare, slot.current];
    }
    return Object.fromEntries(
      Array.from(model.outputs, ([name, declared]) => [name, dataOf(results, declared)]),
    );
  }

  async readState(): Promise<State> {
    return new Map(
      Array.from(this.#slots, ([name, { current }]) => [
        name,
        Float32Array.from(current.data as Float32Array),
      ]),
    );
  }

  writeState(state: State): void {
    for (const [name, values] of state) (this.#slot(name).current.data as Float32Array).set(values);
  }

  async dispose(): Promise<void> {
    for (const session of this.#sessions) {
      if (this.options.profile !== undefined) session.endProfiling();
      await session.release();
    }
    this.#sessions.length = 0;
    this.#slots.clear();
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new Error(`no state named ${name}`);
    return slot;
  }
}

function inputTensor(inputs: Values, name: string, shape: readonly number[]): Tensor {
  const values = inputs[name];
  if (!values) throw new Error(`the input ${name} is missing`);
  return new Tensor("float32", values, [...shape]);
}

function dataOf(results: Record<string, unknown>, { name }: OnnxValue): Float32Array {
  return (results[name] as Tensor).data as Float32Array;
}
