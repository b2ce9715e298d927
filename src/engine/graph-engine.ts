// The graph engine runs each step as one call of a TensorFlow graph, which keeps the state in TensorFlow's variables.
//
// All programs are in one graph, because only then do they share variables. A program that is compiled later makes a new graph, to which
// the state is copied.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import { simplified } from "../compile/lower.js";
import { TENSORFLOW_PASSES } from "../compile/passes/passes.js";
import { TfBuilder } from "../compile/tensorflow/builder.js";
import { FLOAT, type TfNode, type TfTensor } from "../compile/tensorflow/graph.js";
import { lowerToTensorFlow, type TfProgram } from "../compile/tensorflow/lower.js";
import { encodeSavedModel, nameOf, TAG } from "../compile/tensorflow/saved-model.js";
import { trace, useTraceBackend } from "../compile/trace/trace.js";
import type { TensorFlowBinding } from "../runtime/find-tensorflow.js";
import { withMemoryErrors } from "../runtime/out-of-memory.js";
import {
  type Program,
  type State,
  type StepFunction,
  stepwise,
  type Values,
  valuesOf,
} from "../runtime/program.js";
import type { Engine, EngineFacts, WithState } from "./engine.js";

export function createGraphEngine(binding: TensorFlowBinding, facts: EngineFacts): Engine {
  return new GraphEngine(binding, facts);
}

/** A variable, how it is read, and how it is assigned to. */
interface Slot {
  readonly shape: readonly number[];
  readonly handle: TfTensor;
  readonly read: TfTensor;
  readonly given: TfTensor;
  readonly written: TfTensor;
}

interface Feed {
  readonly tensor: TfTensor;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

class GraphEngine implements Engine {
  readonly backend = "tensorflow";
  #variables: ReadonlyMap<string, tf.Variable> = new Map();
  #slots: ReadonlyMap<string, Slot> = new Map();
  readonly #nodes: TfNode[] = [];
  #programs = 0;
  /** The number of TensorFlow's session; null while there is none. */
  #model: number | null = null;
  /** The state while there is no session. */
  readonly #state = new Map<string, Float32Array>();

  constructor(
    private readonly binding: TensorFlowBinding,
    readonly facts: EngineFacts,
  ) {}

  build<Built extends WithState>(make: () => Built): Built {
    useTraceBackend();
    const built = make();
    this.#variables = built.state;
    const builder = new TfBuilder("state/");
    this.#slots = new Map(
      Array.from(built.state, ([name, { shape }], index) => [name, slotFor(builder, index, shape)]),
    );
    for (const [name, { size }] of built.state) this.#state.set(name, new Float32Array(size));
    this.#nodes.push(...builder.nodes);
    return built;
  }

  async compile(step: StepFunction): Promise<Program> {
    const graph = simplified(trace(step, this.#variables), { passes: TENSORFLOW_PASSES });
    const builder = new TfBuilder(`program_${this.#programs++}/`);
    const variables = new Map(Array.from(this.#slots, ([name, { handle }]) => [name, handle]));
    const hasGpu = this.binding.isUsingGpuDevice();
    const program = lowerToTensorFlow(builder, graph, { variables, hasGpu });
    this.#unload();
    this.#nodes.push(...builder.nodes);
    return stepwise(async (inputs) => this.#runProgram(program, inputs));
  }

  #runProgram({ inputs, outputs, done }: TfProgram, values: Values): Values {
    const feeds = inputs.map(({ name, ...input }) => ({ ...input, values: valuesOf(values, name) }));
    // TensorFlow runs what is fetched.
    const fetches = outputs.length > 0 ? outputs.map(({ tensor }) => tensor) : [done];
    const results = this.#call(feeds, fetches);
    return Object.fromEntries(outputs.map(({ name }, index) => [name, results[index] as Float32Array]));
  }

  async readState(): Promise<State> {
    return new Map(Array.from(this.#currentState(), ([name, values]) => [name, Float32Array.from(values)]));
  }

  writeState(state: State): void {
    for (const name of state.keys()) if (!this.#slots.has(name)) throw new Error(`there is no state ${name}`);
    if (this.#model === null)
      for (const [name, values] of state) this.#state.set(name, Float32Array.from(values));
    else this.#assign(state);
  }

  async dispose(): Promise<void> {
    if (this.#model !== null) this.binding.deleteSavedModel(this.#model);
    this.#model = null;
    for (const variable of this.#variables.values()) variable.dispose();
  }

  #currentState(): State {
    if (this.#model === null || this.#slots.size === 0) return this.#state;
    const values = this.#call(
      [],
      Array.from(this.#slots.values(), ({ read }) => read),
    );
    return new Map(Array.from(this.#slots.keys(), (name, index) => [name, values[index] as Float32Array]));
  }

  #assign(state: State): void {
    if (state.size === 0) return;
    const slots = Array.from(state, ([name, values]) => ({ ...(this.#slots.get(name) as Slot), values }));
    const feeds = slots.map(({ given, shape, values }) => ({ tensor: given, shape, values }));
    this.#call(
      feeds,
      slots.map(({ written }) => written),
    );
  }

  /** Ends the session, and keeps its state. */
  #unload(): void {
    if (this.#model === null) return;
    for (const [name, values] of this.#currentState()) this.#state.set(name, Float32Array.from(values));
    this.binding.deleteSavedModel(this.#model);
    this.#model = null;
  }

  /** Returns the session. The folder is read at once, and not needed any more. */
  #load(): number {
    if (this.#model !== null) return this.#model;
    const folder = mkdtempSync(join(tmpdir(), "squeezebox-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), encodeSavedModel(this.#nodes));
      this.#model = this.binding.loadSavedModel(folder, TAG);
    } finally {
      rmSync(folder, { recursive: true });
    }
    this.#assign(this.#state);
    return this.#model;
  }

  #call(feeds: readonly Feed[], fetches: readonly TfTensor[]): Float32Array[] {
    const { binding } = this;
    const model = this.#load();
    const given = feeds.map(({ shape, values }) =>
      binding.createTensor([...shape], binding.TF_INT32, bitsOf(values)),
    );
    try {
      const names = (tensors: readonly TfTensor[]) => tensors.map(nameOf).join();
      const results = binding.runSavedModel(
        model,
        given,
        names(feeds.map(({ tensor }) => tensor)),
        names(fetches),
      );
      return results.map(({ id }) => {
        const values = binding.tensorDataSync(id);
        binding.deleteTensor(id);
        return values;
      });
    } catch (error) {
      return withMemoryErrors(error);
    } finally {
      for (const tensor of given) binding.deleteTensor(tensor);
    }
  }
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** TensorFlow can only fetch numbers, so one that waits for an assignment stands for it. */
function slotFor(builder: TfBuilder, index: number, shape: readonly number[]): Slot {
  const handle = builder.op(
    "VarHandleOp",
    [],
    { dtype: FLOAT, shape: { shape }, shared_name: { text: `state_${index}` }, container: { text: "" } },
    { name: `handle_${index}` },
  );
  const { placeholder, floats } = builder.fedFloats(`given_${index}`, shape);
  const assigned = builder.node("AssignVariableOp", [handle, floats], { dtype: FLOAT });
  const done = { name: `written_${index}`, control: [assigned] };
  return {
    shape,
    handle,
    given: placeholder,
    read: builder.op("ReadVariableOp", [handle], { dtype: FLOAT }, { name: `read_${index}` }),
    written: builder.op("Identity", [builder.scalar(1)], { T: FLOAT }, done),
  };
}
