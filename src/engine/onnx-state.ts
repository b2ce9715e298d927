// The state of the compiled engine, in tensors of ONNX Runtime, on the host or on a device.

import type * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "onnxruntime-node";
import { OnnxBuilder } from "../compile/onnx/builder.js";
import { createSession, floatsOf, tensorOf } from "../compile/onnx/session.js";
import type { Device } from "../runtime/devices.js";
import type { State } from "../runtime/program.js";

/** The tensor that the next step reads, and on the CPU another one that it writes, after which they are swapped. */
export interface Slot {
  current: Tensor;
  /** Null where each step returns new tensors. */
  spare: Tensor | null;
}

/** Each tensor starts at a line of the cache (64 bytes), as ONNX Runtime's own do. */
const LINE = 16;

export class OnnxState {
  readonly #slots = new Map<string, Slot>();

  constructor(private readonly device: Device) {}

  /** Makes room for these variables, all in one piece: V8 would look for garbage again and again while it grows. */
  add(variables: ReadonlyMap<string, tf.Variable>): void {
    const sizes = Array.from(variables.values(), ({ size }) => Math.ceil(size / LINE) * LINE);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const [current, spare] = [
      new Float32Array(total),
      this.device === "cpu" ? new Float32Array(total) : null,
    ];
    let start = 0;
    for (const [index, [name, { shape, size }]] of [...variables].entries()) {
      const place = (memory: Float32Array) =>
        new Tensor("float32", memory.subarray(start, start + size), [...shape]);
      this.#slots.set(name, { current: place(current), spare: spare && place(spare) });
      start += sizes[index] as number;
    }
  }

  /** Throws if there is no state of this name. */
  slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new Error(`there is no state ${name}`);
    return slot;
  }

  /** Replaces the tensor by one that a step has returned. */
  replace(name: string, tensor: Tensor): void {
    const slot = this.slot(name);
    slot.current.dispose();
    slot.current = tensor;
  }

  async read(): Promise<State> {
    const isOnDevice = Array.from(this.#slots.values()).some(({ current }) => current.location !== "cpu");
    const onHost = isOnDevice ? await this.#download() : null;
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
    const session = await createSession(bytes, { device: this.device, threads: 1 });
    const results = await session.run(
      Object.fromEntries(copies.map(({ name, input }) => [input.name, this.slot(name).current])),
    );
    await session.release();
    return Object.fromEntries(copies.map(({ name, output }) => [name, tensorOf(results, output.name)]));
  }

  write(state: State): void {
    for (const [name, values] of state) {
      const { current } = this.slot(name);
      if (current.location === "cpu") floatsOf(current).set(values);
      else this.replace(name, new Tensor("float32", Float32Array.from(values), current.dims));
    }
  }

  dispose(): void {
    for (const { current } of this.#slots.values()) current.dispose();
    this.#slots.clear();
  }
}
