// The compiled engine traces step functions, lowers them to ONNX and runs them with ONNX Runtime on a device.

import type * as tf from "@tensorflow/tfjs-core";
import { dumpInto } from "../compile/dump.js";
import { lower } from "../compile/lower.js";
import { probeBlockSize } from "../compile/onnx/block-size.js";
import { scanModel } from "../compile/onnx/scan.js";
import { createSession, isAvailable, type Session } from "../compile/onnx/session.js";
import { firstOutput } from "../compile/onnx/uncopied.js";
import type { Target } from "../compile/ops/op.js";
import { trace, useTraceBackend } from "../compile/trace/trace.js";
import { InputError } from "../diagnostic.js";
import { formatBytes } from "../format.js";
import { whyNoCuda } from "../runtime/cuda-libraries.js";
import { DEVICES, type Device } from "../runtime/devices.js";
import { machineBytes, neededBytes, stateBytes } from "../runtime/memory.js";
import { onnxRuntimeVersion } from "../runtime/onnx-runtime.js";
import { OutOfMemoryError } from "../runtime/out-of-memory.js";
import type { Program, State, StepFunction } from "../runtime/program.js";
import type { Engine, EngineFacts, WithState } from "./engine.js";
import { programInPlace, programOfSteps, programOnDevice } from "./onnx-programs.js";
import { OnnxState } from "./onnx-state.js";

export interface CompiledOptions {
  readonly device: Device;
  readonly threads: number;
  /** Prefix of profile files. If absent, there is no profiling. */
  readonly profile?: string;
  /** Whether to use MLAS's blocked kernels. Tests and benchmarks compare them with the plain ones. */
  readonly blocked: boolean;
  /** Makes programs as for another device, to test them on the CPU. */
  readonly like?: Device;
  /** The memory that programs on the CPU may need, in bytes. By default that of the machine. */
  readonly memory?: number;
}

export async function createCompiledEngine(options: CompiledOptions): Promise<Engine> {
  const { hasBlocks, kernels } = DEVICES[options.like ?? options.device];
  if (options.device !== "cpu") await checkDevice(options.device);
  const block = hasBlocks && options.blocked ? await probeBlockSize() : null;
  return new CompiledEngine(options, { block, ...kernels });
}

/** Throws InputError if the device cannot be used. */
export async function checkDevice(device: Device): Promise<void> {
  const missing = device === "cuda" ? whyNoCuda() : null;
  if (missing !== null || !(await isAvailable(device)))
    throw new InputError(`--device ${device} does not work here: ${missing ?? DEVICES[device].needs}`);
}

class CompiledEngine implements Engine {
  readonly backend = "compiled";
  readonly facts: EngineFacts;
  #variables: ReadonlyMap<string, tf.Variable> = new Map();
  readonly #state: OnnxState;
  readonly #sessions: Session[] = [];
  /** Of the programs so far. */
  #liveBytes = 0;

  constructor(
    private readonly options: CompiledOptions,
    private readonly target: Target,
  ) {
    const { device, threads } = options;
    const kernels = target.block === null ? "plain kernels" : `blocks of ${target.block} channels`;
    const cpu = `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}, ${kernels}`;
    this.facts = {
      description: `ONNX Runtime ${onnxRuntimeVersion()}, ${device === "cpu" ? cpu : device}`,
      isRepeatable: device === "cpu" && threads === 1,
    };
    this.#state = new OnnxState(device);
  }

  build<Built extends WithState>(make: () => Built): Built {
    useTraceBackend();
    const built = make();
    this.#variables = built.state;
    this.#state.add(built.state);
    return built;
  }

  async compile(step: StepFunction): Promise<Program> {
    const folder = process.env.SQUEEZEBOX_DUMP;
    const observer = folder ? dumpInto(folder, step.name ?? "step") : undefined;
    const { graph, builder, liveBytes } = lower(trace(step, this.#variables), this.target, observer);
    this.#checkMemory(liveBytes);
    const { device, like = device } = this.options;
    if (DEVICES[like].joinsSteps && graph.inputs.size > 0 && graph.stateOutputs.size > 0) {
      const model = scanModel(builder, graph);
      return programOfSteps(await this.#open(model.bytes), model, this.#state);
    }
    const results = [...graph.outputs.values(), ...graph.stateOutputs.values()];
    const inputs = [...graph.inputs.values(), ...graph.stateInputs.values()];
    if (device !== "cpu") {
      const bytes = builder.encode({ inputs, outputs: results, nodes: graph.nodes });
      const state = Array.from(graph.stateOutputs.values(), ({ name }) => name);
      const session = await this.#open(bytes, DEVICES[device].keepsState ? state : []);
      return programOnDevice(session, graph, this.#state);
    }
    const first = firstOutput(builder);
    const nodes = [...graph.nodes, ...builder.nodes.slice(-1)];
    const session = await this.#open(builder.encode({ inputs, outputs: [first, ...results], nodes }));
    return programInPlace(session, { ...graph, first: first.name }, this.#state);
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

  readState(): Promise<State> {
    return this.#state.read();
  }

  writeState(state: State): void {
    this.#state.write(state);
  }

  async dispose(): Promise<void> {
    // The state has to be released first, because its buffers belong to the device of the sessions.
    this.#state.dispose();
    for (const session of this.#sessions) {
      if (this.options.profile !== undefined) session.endProfiling();
      await session.release();
    }
    this.#sessions.length = 0;
  }
}
