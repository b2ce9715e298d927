// The eager engine runs step functions directly on a tfjs backend. It is slow on the CPU, and the reference for tests.

import { InputError } from "../diagnostic.js";
import { registerOwnKernels } from "../model/own-kernels.js";
import {
  type Program,
  type State,
  type StepFunction,
  stepwise,
  type Values,
  valuesOf,
} from "../runtime/program.js";
import tf from "../tfjs-core.cjs";
import type { Engine, EngineFacts, WithState } from "./engine.js";

/** The backends of tfjs by the names that they have here. */
const TFJS_BACKENDS = { cpu: "cpu", "tensorflow-eager": "tensorflow" } as const;

/** tfjs' backend must already be registered. */
export function createEagerEngine(backend: keyof typeof TFJS_BACKENDS, facts: EngineFacts): Engine {
  registerOwnKernels(TFJS_BACKENDS[backend]);
  return new EagerEngine(backend, facts);
}

class EagerEngine implements Engine {
  #variables: ReadonlyMap<string, tf.Variable> = new Map();

  constructor(
    readonly backend: keyof typeof TFJS_BACKENDS,
    readonly facts: EngineFacts,
  ) {}

  build<Built extends WithState>(make: () => Built): Built {
    tf.setBackend(TFJS_BACKENDS[this.backend]);
    const built = make();
    this.#variables = built.state;
    return built;
  }

  /** Throws InputError for mixed precision, which is a matter of the compiler. */
  async compile(step: StepFunction): Promise<Program> {
    if (step.products === "bfloat16")
      throw new InputError(
        `training.precision: mixed needs --backend compiled or tensorflow; ${this.backend} runs each operation as it is`,
      );
    return stepwise((inputs) => this.#run(step, inputs));
  }

  async #run(step: StepFunction, inputs: Values): Promise<Values> {
    tf.setBackend(TFJS_BACKENDS[this.backend]);
    const results = tf.tidy(() => {
      const tensors = Object.entries(step.inputs).map(
        ([name, shape]) => [name, tf.tensor(valuesOf(inputs, name), [...shape])] as const,
      );
      return step.run(Object.fromEntries(tensors));
    });
    const values: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) {
      values[name] = (await tensor.data()) as Float32Array;
      tensor.dispose();
    }
    return values;
  }

  async readState(): Promise<State> {
    const state = new Map<string, Float32Array>();
    for (const [name, variable] of this.#variables) state.set(name, Float32Array.from(await variable.data()));
    return state;
  }

  writeState(state: State): void {
    for (const [name, values] of state) {
      const variable = this.#variables.get(name);
      if (!variable) throw new Error(`there is no state ${name}`);
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
  }

  async dispose(): Promise<void> {
    for (const variable of this.#variables.values()) variable.dispose();
  }
}
