// A tfjs backend that records kernels instead of computing.

import * as tf from "@tensorflow/tfjs-core";
import { type DataType, sizeOfShape, type TracedNode, type TracedValue } from "./traced-graph.js";

export const TRACE_BACKEND = "trace";

interface Entry {
  readonly value: TracedValue;
  references: number;
}

export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  readonly constants = new Map<TracedValue, ArrayLike<number>>();
  readonly nodes: TracedNode[] = [];
  /** Set by whoever calls layers, so that a node knows its origin. */
  layer = "";
  readonly #layerOf = new Map<TracedValue, string>();
  #count = 0;

  /** Forgets what was recorded; values stay valid. */
  startRecording(): void {
    this.constants.clear();
    this.nodes.length = 0;
    this.#layerOf.clear();
  }

  /** A tensor whose numbers come from outside. */
  placeholder(shape: readonly number[], dtype: DataType = "float32"): tf.Tensor {
    const { dataId } = this.#create(shape, dtype);
    return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, this);
  }

  /** Records a kernel and gives its outputs. */
  record(
    kernel: string,
    inputs: readonly tf.TensorInfo[],
    attributes: Record<string, unknown>,
    outputs: readonly { shape: readonly number[]; dtype: DataType }[],
  ): tf.TensorInfo[] {
    const values = inputs.map((input) => this.tracedValue(input));
    const made = outputs.map(({ shape, dtype }) => this.#create(shape, dtype));
    const layer = this.layer || (values.map((value) => this.#layerOf.get(value)).find((name) => name) ?? "");
    const results = made.map((info) => this.tracedValue(info));
    for (const value of results) this.#layerOf.set(value, layer);
    this.nodes.push({ kernel, inputs: values, attributes, outputs: results, layer });
    return made;
  }

  /** The same numbers under another shape. */
  view(input: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
    if (shape.join() === input.shape.join()) return this.alias(input);
    return this.record("Reshape", [input], {}, [
      { shape, dtype: input.dtype as DataType },
    ])[0] as tf.TensorInfo;
  }

  alias(input: tf.TensorInfo): tf.TensorInfo {
    this.incRef(input.dataId);
    return { dataId: input.dataId, shape: input.shape, dtype: input.dtype };
  }

  addConstant(values: ArrayLike<number>, shape: readonly number[], dtype: DataType): tf.TensorInfo {
    const info = this.#create(shape, dtype);
    this.constants.set(this.tracedValue(info), values);
    return info;
  }

  tracedValue(info: tf.TensorInfo): TracedValue {
    const entry = this.#entries.get(info.dataId);
    if (!entry) throw new Error("a tensor of another backend reached a trace");
    return entry.value;
  }

  #create(shape: readonly number[], dtype: DataType): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value: { id: this.#count++, shape: [...shape], dtype }, references: 1 });
    return { dataId, shape: [...shape], dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const numbers = (values as ArrayLike<number> | null) ?? new Float32Array(sizeOfShape(shape));
    return this.addConstant(numbers, shape, dtype as DataType).dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const value: TracedValue = { id: this.#count++, shape: [...shape], dtype: dtype as DataType };
    this.#entries.set(dataId, { value, references });
    this.constants.set(value, values as ArrayLike<number>);
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
