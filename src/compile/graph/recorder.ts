// A tfjs backend that records kernels instead of executing them.

import tf from "../../tfjs-core.cjs";
import { isSameShape, sizeOfShape, type TracedNode } from "./graph.js";
import type { DataType, KernelName, Kernels, Value } from "./kernels.js";

export const TRACE_BACKEND = "trace";

export type Info = tf.TensorInfo;

interface Entry {
  readonly value: Value;
  references: number;
}

interface Output {
  readonly shape: readonly number[];
  readonly dtype?: string;
}

/** A tuple with one `To` for each value of a kernel's inputs or outputs. */
type Each<Values extends readonly Value[], To> = { readonly [Index in keyof Values]: To };

type OneOutput = {
  [Name in KernelName]: Kernels[Name]["outputs"] extends readonly [Value] ? Name : never;
}[KernelName];

export class Recorder extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  readonly constants = new Map<Value, ArrayLike<number>>();
  readonly nodes: TracedNode[] = [];
  /** The layer that is being called; the tracer sets it. */
  layer = "";
  readonly #layerOf = new Map<Value, string>();
  readonly #owners = new Map<Value, string>();
  #count = 0;

  /** Forgets the recorded nodes and constants. Values stay valid. */
  startRecording(): void {
    this.constants.clear();
    this.nodes.length = 0;
    this.#layerOf.clear();
    this.#owners.clear();
  }

  /** A tensor without numbers, for an input or a state. */
  placeholder(shape: readonly number[], dtype: DataType = "float32"): tf.Tensor {
    const { dataId } = this.#create(shape, dtype);
    return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, this);
  }

  /** Records a kernel with one output and returns the output, which is float32 by default. */
  record<Name extends OneOutput>(
    kernel: Name,
    inputs: Each<Kernels[Name]["inputs"], Info>,
    attributes: Kernels[Name]["attributes"],
    { shape, dtype = "float32" }: Output,
  ): Info {
    const output = this.#create(shape, dtype);
    this.#add(kernel, inputs, attributes, [output]);
    return output;
  }

  /** Records a kernel with several outputs and returns them. */
  recordAll<Name extends Exclude<KernelName, OneOutput>>(
    kernel: Name,
    inputs: Each<Kernels[Name]["inputs"], Info>,
    attributes: Kernels[Name]["attributes"],
    outputs: Each<Kernels[Name]["outputs"], Output>,
  ): Info[] {
    const made = outputs.map(({ shape, dtype = "float32" }) => this.#create(shape, dtype));
    this.#add(kernel, inputs, attributes, made);
    return made;
  }

  /** Says to which layer what is computed from a value belongs, where no layer is called. */
  belongs(value: Value, layer: string): void {
    this.#owners.set(value, layer);
  }

  #add(kernel: KernelName, inputs: readonly Info[], attributes: object, outputs: readonly Info[]): void {
    const from = inputs.map((info) => this.tracedValue(info));
    const to = outputs.map((info) => this.tracedValue(info));
    const layer = this.layer || (firstOf(from, this.#owners) ?? firstOf(from, this.#layerOf) ?? "");
    for (const value of to) this.#layerOf.set(value, layer);
    // The callers' types guarantee that the parts match the kernel, but `map` loses the length of a tuple.
    this.nodes.push({ kernel, inputs: from, attributes, outputs: to, layer } as unknown as TracedNode);
  }

  /** A tensor with the same numbers in another shape. */
  view(input: Info, shape: readonly number[]): Info {
    if (isSameShape(shape, input.shape)) return this.alias(input);
    return this.record("Reshape", [input], {}, { shape, dtype: dtypeOf(input) });
  }

  alias(input: Info): Info {
    this.incRef(input.dataId);
    return { dataId: input.dataId, shape: input.shape, dtype: input.dtype };
  }

  addConstant(values: ArrayLike<number>, shape: readonly number[], dtype: DataType): Info {
    const info = this.#create(shape, dtype);
    this.constants.set(this.tracedValue(info), values);
    return info;
  }

  /** The recorded value of a tensor. Throws for a tensor of another backend. */
  tracedValue(info: Info): Value {
    const entry = this.#entries.get(info.dataId);
    if (!entry) throw new Error("a tensor of another backend reached a trace");
    return entry.value;
  }

  #create(shape: readonly number[], name: string): Info {
    const dtype = dtypeOf({ dtype: name });
    const dataId = {};
    this.#entries.set(dataId, { value: { id: this.#count++, shape: [...shape], dtype }, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const numbers = numbersIn(values) ?? new Float32Array(sizeOfShape(shape));
    return this.addConstant(numbers, shape, dtypeOf({ dtype })).dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const value: Value = { id: this.#count++, shape: [...shape], dtype: dtypeOf({ dtype }) };
    this.#entries.set(dataId, { value, references });
    this.constants.set(value, numbersIn(values) ?? []);
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId);
    if (!entry) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#entries.delete(dataId);
    return true;
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId);
    if (entry) entry.references++;
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override readSync(): never {
    throw new Error("a value was read while its function was being traced");
  }

  override read(): never {
    return this.readSync();
  }

  override dispose(): void {
    this.#entries.clear();
  }
}

/** Throws for strings and complex numbers, which no network uses. */
export function dtypeOf({ dtype }: { readonly dtype: string }): DataType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new Error(`a tensor of ${dtype} reached a trace`);
}

function numbersIn(values: tf.backend_util.BackendValues | null): ArrayLike<number> | null {
  if (Array.isArray(values)) throw new Error("a tensor of strings reached a trace");
  return values;
}

function firstOf(values: readonly Value[], layers: ReadonlyMap<Value, string>): string | undefined {
  return values.map((value) => layers.get(value)).find((layer) => layer);
}
