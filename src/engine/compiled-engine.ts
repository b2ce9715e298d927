// The compiled engine traces step functions, lowers them to ONNX and runs them with ONNX Runtime on a device.

import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { dumpInto } from "../compile/dump.js";
import { sizeOfShape } from "../compile/graph/graph.js";
import { lower } from "../compile/lower.js";
import { probeBlockSize } from "../compile/onnx/block-size.js";
import { OnnxBuilder } from "../compile/onnx/builder.js";
import type { OnnxGraph } from "../compile/onnx/graph.js";
import { createSession, floatsOf, isAvailable, type Session } from "../compile/onnx/session.js";
import { firstOutput, runInto } from "../compile/onnx/uncopied.js";
import type { Target } from "../compile/ops/op.js";
import { trace, useTraceBackend } from "../compile/trace/trace.js";
import { InputError } from "../diagnostic.js";
import { formatBytes } from "../format.js";
import { DEVICES, type Device } from "../runtime/devices.js";
import { machineBytes, neededBytes, stateBytes } from "../runtime/memory.js";
import { OutOfMemoryError, withMemoryErrors } from "../runtime/out-of-memory.js";
import type { Program, State, StepFunction, Values } from "../runtime/program.js";
import type { Engine, EngineFacts, WithState } from "./engine.js";

export interface CompiledOptions {
  readonly device: Device;
  readonly threads: number;
  /** Prefix of profile files. If absent, there is no profiling. */
  readonly profile?: string;
  /** Whether to use MLAS's blocked kernels. Tests and benchmarks compare them with the plain ones. */
  readonly blocked: boolean;
  /** The memory that programs on the CPU may need, in bytes. By default that of the machine. */
  readonly memory?: number;
}

export async function createCompiledEngine(options: CompiledOptions): Promise<Engine> {
  const { hasBlocks, hasPoolIndices, mixesGroups } = DEVICES[options.device];
  if (options.device !== "cpu") await checkDevice(options.device);
  const block = hasBlocks && options.blocked ? await probeBlockSize() : null;
  const target = { block, hasPoolIndices, mixesGroups };
  return new CompiledEngine(options, target);
}

/** Throws InputError if the device cannot be used. */
export async function checkDevice(device: Device): Promise<void> {
  if (!(await isAvailable(device)))
    throw new InputError(`--device ${device} does not work here: ${DEVICES[device].needs}`);
}

/** Two buffers of a state on the host. A program reads one and writes the other, then they are swapped. */
interface Slot {
  current: Tensor;
  /** Null on a device that keeps its outputs, where each run allocates its own. */
  spare: Tensor | null;
}

class CompiledEngine implements Engine {
  readonly backend = "compiled";
  readonly facts: EngineFacts;
  #variables: ReadonlyMap<string, tf.Variable> = new Map();
  readonly #slots = new Map<string, Slot>();
  readonly #sessions: Session[] = [];
  /** Of the programs so far. */
  #liveBytes = 0;

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
    this.facts = {
      description: `ONNX Runtime ${version}, ${device === "cpu" ? cpu : device}`,
      isRepeatable: device === "cpu" && threads === 1,
    };
  }

  build<Built extends WithState>(make: () => Built): Built {
    useTraceBackend();
    const built = make();
    this.#variables = built.state;
    for (const [name, { shape }] of built.state) {
      const place = () => new Tensor("float32", new Float32Array(sizeOfShape(shape)), [...shape]);
      this.#slots.set(name, { current: place(), spare: this.#staysOnDevice ? null : place() });
    }
    return built;
  }

  async compile(step: StepFunction): Promise<Program> {
    const folder = process.env.SQUEEZEBOX_DUMP;
    const observer = folder ? dumpInto(folder, step.name ?? "step") : undefined;
    const { graph, builder, liveBytes } = lower(trace(step, this.#variables), this.target, observer);
    this.#checkMemory(liveBytes);
    const results = [...graph.outputs.values(), ...graph.stateOutputs.values()];
    const inputs = [...graph.inputs.values(), ...graph.stateInputs.values()];
    if (this.#staysOnDevice) {
      const bytes = builder.encode({ inputs, outputs: results, nodes: graph.nodes });
      const onDevice = Array.from(graph.stateOutputs.values(), ({ name }) => name);
      const session = await this.#open(bytes, onDevice);
      return { run: (inputs) => this.#runOnDevice(session, graph, inputs) };
    }
    const first = firstOutput(builder);
    const nodes = [...graph.nodes, ...builder.nodes.slice(-1)];
    const session = await this.#open(builder.encode({ inputs, outputs: [first, ...results], nodes }));
    return { run: (inputs) => this.#runOnHost(session, { ...graph, first: first.name }, inputs) };
  }

  /** Throws OutOfMemoryError before a program allocates anything, because a system whose memory runs out kills the process. */
  #checkMemory(liveBytes: number): void {
    const { device, memory = machineBytes() } = this.options;
    if (device !== "cpu") return;
    this.#liveBytes += liveBytes;
    const ofState = stateBytes(this.#variables.values());
    const needed = neededBytes({ liveBytes: this.#liveBytes, stateBytes: ofState });
    if (needed > memory)
      throw new OutOfMemoryError(
        `about ${formatBytes(needed)} are needed, and there are ${formatBytes(memory)}`,
      );
  }

  async #open(bytes: Uint8Array, onDevice: readonly string[] = []): Promise<Session> {
    const session = await createSession(bytes, { ...this.options, onDevice });
    this.#sessions.push(session);
    return session;
  }

  get #staysOnDevice(): boolean {
    return DEVICES[this.options.device].keepsState;
  }

  async #runOnHost(session: Session, model: OnnxGraph & { first: string }, inputs: Values): Promise<Values> {
    const results = Array.from(model.outputs, ([name, { name: declared, shape }]) => {
      const tensor = new Tensor("float32", new Float32Array(sizeOfShape(shape)), [...shape]);
      return { name, declared, tensor };
    });
    const state = Array.from(model.stateOutputs, ([name, { name: declared, shape }]) => {
      const slot = this.#slot(name);
      const { spare } = slot;
      if (spare === null) throw new Error(`there is no memory for ${name}`);
      return { declared, slot, spare, tensor: new Tensor("float32", floatsOf(spare), [...shape]) };
    });
    const outputs = Object.fromEntries(
      [...results, ...state].map(({ declared, tensor }) => [declared, tensor]),
    );
    const { first } = model;
    await runInto(session, this.#feeds(model, inputs), { first, outputs }).catch(withMemoryErrors);
    for (const { slot, spare } of state) {
      slot.spare = slot.current;
      slot.current = spare;
    }
    return Object.fromEntries(results.map(({ name, tensor }) => [name, floatsOf(tensor)]));
  }

  async #runOnDevice(session: Session, model: OnnxGraph, inputs: Values): Promise<Values> {
    const results = await session.run(this.#feeds(model, inputs)).catch(withMemoryErrors);
    for (const [name, { name: declared }] of model.stateOutputs) {
      const slot = this.#slot(name);
      slot.current.dispose();
      slot.current = tensorOf(results, declared);
    }
    return Object.fromEntries(
      Array.from(model.outputs, ([name, { name: declared }]) => [name, floatsOf(results[declared])]),
    );
  }

  #feeds(model: OnnxGraph, inputs: Values): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { name: declared, shape }] of model.inputs)
      feeds[declared] = inputTensor(inputs, name, shape);
    for (const [name, declared] of model.stateInputs) feeds[declared.name] = this.#slot(name).current;
    return feeds;
  }

  async readState(): Promise<State> {
    const onHost = this.#staysOnDevice && this.#slots.size > 0 ? await this.#download() : null;
    return new Map(
      Array.from(this.#slots, ([name, { current }]) => {
        const tensor = onHost?.[name] ?? current;
        return [name, Float32Array.from(floatsOf(tensor))];
      }),
    );
  }

  /** Copies the state to the host with a model of identities, because the Node.js binding cannot read GPU buffers. */
  async #download(): Promise<Record<string, Tensor>> {
    const builder = new OnnxBuilder();
    const copies = Array.from(this.#slots, ([name, { current }]) => ({
      name,
      input: { name: `state:${name}`, shape: current.dims },
      output: { name: builder.op("Identity", [`state:${name}`]), shape: current.dims },
    }));
    const bytes = builder.encode({
      inputs: copies.map(({ input }) => input),
      outputs: copies.map(({ output }) => output),
    });
    const session = await createSession(bytes, { device: this.options.device, threads: 1 });
    const results = await session.run(
      Object.fromEntries(copies.map(({ name, input }) => [input.name, this.#slot(name).current])),
    );
    await session.release();
    return Object.fromEntries(copies.map(({ name, output }) => [name, tensorOf(results, output.name)]));
  }

  writeState(state: State): void {
    for (const [name, values] of state) {
      const slot = this.#slot(name);
      if (slot.current.location === "cpu") floatsOf(slot.current).set(values);
      else {
        const { dims } = slot.current;
        slot.current.dispose();
        slot.current = new Tensor("float32", Float32Array.from(values), dims);
      }
    }
  }

  async dispose(): Promise<void> {
    // The buffers have to be released first, because they belong to the device of the sessions.
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
    if (!slot) throw new Error(`there is no state ${name}`);
    return slot;
  }
}

function tensorOf(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = results[name];
  if (!tensor) throw new Error(`ONNX Runtime did not return ${name}`);
  return tensor;
}

function inputTensor(inputs: Values, name: string, shape: readonly number[]): Tensor {
  const values = inputs[name];
  if (!values) throw new Error(`the input ${name} is missing`);
  return new Tensor("float32", values, [...shape]);
}
