// The compiled engine: step functions traced, lowered to ONNX and run by ONNX Runtime on a device.

import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { lower, type OnnxModel } from "../compile/lower.js";
import type { Target } from "../compile/lowering.js";
import { OnnxBuilder } from "../compile/onnx-builder.js";
import {
  createSession,
  type Device,
  probeBlockSize,
  type Session,
  whyUnavailable,
} from "../compile/session.js";
import { trace, useTraceBackend } from "../compile/trace.js";
import { sizeOfShape } from "../compile/traced-graph.js";
import { InputError } from "../diagnostic.js";
import type { Engine, Program, State, StepFunction, Values } from "./engine.js";

export interface CompiledOptions {
  readonly device: Device;
  readonly threads: number;
  /** Prefix of profile files, for finding where the time goes. */
  readonly profile?: string;
  /** False: only kernels on plain layouts, to compare with. */
  readonly blocked: boolean;
}

export async function createCompiledEngine(options: CompiledOptions): Promise<Engine> {
  const onCpu = options.device === "cpu";
  if (!onCpu) await checkDevice(options.device);
  const target = {
    block: onCpu && options.blocked ? await probeBlockSize() : null,
    hasPoolIndices: options.device !== "webgpu",
  };
  useTraceBackend();
  return new CompiledEngine(options, target);
}

/** Throws InputError where the device cannot be used. */
export async function checkDevice(device: Device): Promise<void> {
  const reason = await whyUnavailable(device);
  if (reason !== null) throw new InputError(`--device ${device} does not work here: ${reason}`);
}

/** A state's two places on the host: a program reads one and writes the other, then they change places. */
interface Slot {
  current: Tensor;
  /** Null where programs bring their own: on a device that keeps its outputs. */
  spare: Tensor | null;
}

class CompiledEngine implements Engine {
  readonly backend = "compiled";
  readonly description: string;
  #variables: ReadonlyMap<string, tf.Variable> = new Map();
  readonly #slots = new Map<string, Slot>();
  readonly #sessions: Session[] = [];

  constructor(
    private readonly options: CompiledOptions,
    private readonly target: Target,
  ) {
    const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as {
      version: string;
    };
    const { device, threads } = options;
    const kernels = target.block === null ? "plain kernels" : `blocks of ${target.block} channels`;
    const cpu = `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}, ${kernels}`;
    this.description = `ONNX Runtime ${version}, ${device === "cpu" ? cpu : device}`;
  }

  bind(variables: ReadonlyMap<string, tf.Variable>): void {
    this.#variables = variables;
    for (const [name, { shape }] of variables) {
      const make = () => new Tensor("float32", new Float32Array(sizeOfShape(shape)), [...shape]);
      this.#slots.set(name, { current: make(), spare: this.#staysOnDevice ? null : make() });
    }
  }

  async compile(step: StepFunction): Promise<Program> {
    const model = lower(trace(step, this.#variables), this.target);
    const onDevice = this.#staysOnDevice ? Array.from(model.stateOutputs.values(), ({ name }) => name) : [];
    const session = await createSession(model.bytes, { ...this.options, onDevice });
    this.#sessions.push(session);
    return { run: (inputs) => this.#run(session, model, inputs) };
  }

  /** CUDA outputs come back to the host; WebGPU buffers can be outputs of one step and inputs of the next. */
  get #staysOnDevice(): boolean {
    return this.options.device === "webgpu";
  }

  async #run(session: Session, model: OnnxModel, inputs: Values): Promise<Values> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { name: declared, shape }] of model.inputs)
      feeds[declared] = inputTensor(inputs, name, shape);
    for (const [name, declared] of model.stateInputs) feeds[declared.name] = this.#slot(name).current;
    const fetches: Record<string, Tensor | null> = {};
    for (const declared of model.outputs.values()) fetches[declared.name] = null;
    for (const [name, { name: declared, shape }] of model.stateOutputs)
      fetches[declared] = reshaped(this.#slot(name).spare, shape);
    const results = await session.run(feeds, fetches);
    for (const [name, declared] of model.stateOutputs) {
      const slot = this.#slot(name);
      const written = slot.spare ?? (results[declared.name] as Tensor);
      if (slot.spare === null) slot.current.dispose();
      else slot.spare = slot.current;
      slot.current = written;
    }
    return Object.fromEntries(
      Array.from(model.outputs, ([name, { name: declared }]) => [
        name,
        (results[declared] as Tensor).data as Float32Array,
      ]),
    );
  }

  async readState(): Promise<State> {
    const onHost = this.#staysOnDevice && this.#slots.size > 0 ? await this.#download() : null;
    return new Map(
      Array.from(this.#slots, ([name, { current }]) => {
        const tensor = onHost?.[name] ?? current;
        return [name, Float32Array.from(tensor.data as Float32Array)];
      }),
    );
  }

  /** Copies of the state on the host. ONNX Runtime cannot read its own GPU buffers here; a model that copies can. */
  async #download(): Promise<Record<string, Tensor>> {
    const builder = new OnnxBuilder();
    const copies = Array.from(this.#slots, ([name, { current }]) => ({
      name,
      input: { name: `state:${name}`, shape: current.dims },
      output: { name: builder.op("Identity", [`state:${name}`]), shape: current.dims },
    }));
    const bytes = builder.encode(
      copies.map(({ input }) => input),
      copies.map(({ output }) => output),
    );
    const session = await createSession(bytes, { device: this.options.device, threads: 1 });
    const results = await session.run(
      Object.fromEntries(copies.map(({ name, input }) => [input.name, this.#slot(name).current])),
    );
    await session.release();
    return Object.fromEntries(copies.map(({ name, output }) => [name, results[output.name] as Tensor]));
  }

  writeState(state: State): void {
    for (const [name, values] of state) {
      const slot = this.#slot(name);
      if (slot.current.location === "cpu") (slot.current.data as Float32Array).set(values);
      else {
        const { dims } = slot.current;
        slot.current.dispose();
        slot.current = new Tensor("float32", Float32Array.from(values), dims);
      }
    }
  }

  async dispose(): Promise<void> {
    // Buffers first: they belong to the device of the sessions.
    for (const { current } of this.#slots.values()) current.dispose();
    this.#slots.clear();
    for (const session of this.#sessions) {
      if (this.options.profile !== undefined) session.endProfiling();
      await session.release();
    }
    this.#sessions.length = 0;
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new Error(`no state named ${name}`);
    return slot;
  }
}

/** The same memory in another shape. */
function reshaped(tensor: Tensor | null, shape: readonly number[]): Tensor | null {
  return tensor && new Tensor("float32", tensor.data as Float32Array, [...shape]);
}

function inputTensor(inputs: Values, name: string, shape: readonly number[]): Tensor {
  const values = inputs[name];
  if (!values) throw new Error(`the input ${name} is missing`);
  return new Tensor("float32", values, [...shape]);
}
