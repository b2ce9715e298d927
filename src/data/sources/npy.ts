// The .npy format of NumPy -> an array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { InputError } from "../../diagnostic.js";

export interface NpyArray {
  readonly shape: readonly number[];
  /** As NumPy writes it: `u1`, `i8`, `f4` and so on. */
  readonly type: string;
  /** The element at a position in C order. */
  at(index: number): number;
  /** A copy of all elements of an array of the type `u1`, in C order. */
  bytes(): Uint8Array;
}

type Read = (view: DataView, offset: number, isLittle: boolean) => number;

const TYPES: Readonly<Record<string, { readonly size: number; readonly read: Read }>> = {
  b1: { size: 1, read: (view, offset) => view.getUint8(offset) },
  u1: { size: 1, read: (view, offset) => view.getUint8(offset) },
  i1: { size: 1, read: (view, offset) => view.getInt8(offset) },
  u2: { size: 2, read: (view, offset, isLittle) => view.getUint16(offset, isLittle) },
  i2: { size: 2, read: (view, offset, isLittle) => view.getInt16(offset, isLittle) },
  u4: { size: 4, read: (view, offset, isLittle) => view.getUint32(offset, isLittle) },
  i4: { size: 4, read: (view, offset, isLittle) => view.getInt32(offset, isLittle) },
  u8: { size: 8, read: (view, offset, isLittle) => Number(view.getBigUint64(offset, isLittle)) },
  i8: { size: 8, read: (view, offset, isLittle) => Number(view.getBigInt64(offset, isLittle)) },
  f4: { size: 4, read: (view, offset, isLittle) => view.getFloat32(offset, isLittle) },
  f8: { size: 8, read: (view, offset, isLittle) => view.getFloat64(offset, isLittle) },
};

const MAGIC = Buffer.from("\x93NUMPY", "latin1");
const HEADER =
  /^\{'descr': '([<>|=])([a-z]\d+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), *\}\s*$/;

/** As in NumPy. */
const MOST_HEADER_BYTES = 10_000;

/** `name`: of the file, for messages. Throws InputError. */
export function parseNpy(content: Uint8Array, name: string): NpyArray {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (bytes.length < 12 || !bytes.subarray(0, 6).equals(MAGIC))
    throw new InputError(`${name} is not an array of NumPy`);
  const [start, length] = bytes[6] === 1 ? [10, bytes.readUInt16LE(8)] : [12, bytes.readUInt32LE(8)];
  if (length > MOST_HEADER_BYTES)
    throw new InputError(`${name}: a header of ${length} bytes; at most ${MOST_HEADER_BYTES} are read`);
  const text = bytes.subarray(start, start + length).toString("latin1");
  const [, order, type = "", fortran, dimensions = ""] = HEADER.exec(text) ?? [];
  const known = TYPES[type];
  if (order === undefined || !known)
    throw new InputError(
      `${name}: expected an array of one of the types ${Object.keys(TYPES).join(", ")}; found the header ${text.trim().slice(0, 80)}`,
    );
  const shape = dimensions
    .split(",")
    .filter((one) => one.trim() !== "")
    .map(Number);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const found = bytes.length - start - length;
  if (found !== count * known.size)
    throw new InputError(
      `${name}: an array of ${shape.join(" x ")} (${type}) has ${count * known.size} bytes; found ${found}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + length, found);
  const stored = fortran === "True" ? fortranOrder(shape) : (index: number) => index;
  const at = (index: number) => known.read(view, stored(index) * known.size, order !== ">");
  return {
    shape,
    type,
    at,
    bytes: () => {
      const stored = new Uint8Array(bytes.subarray(start + length));
      return fortran === "True" ? fromFortranOrder(stored, shape) : stored;
    },
  };
}

/** Bytes in Fortran order -> the same in C order. */
function fromFortranOrder(stored: Uint8Array, shape: readonly number[]): Uint8Array {
  const last = shape.length - 1;
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, one) => product * one, 1));
  const indices = shape.map(() => 0);
  const result = new Uint8Array(stored.length);
  for (let index = 0, position = 0; index < result.length; index++) {
    result[index] = stored[position] as number;
    for (let axis = last; axis >= 0; axis--) {
      const [size, step] = [shape[axis] as number, steps[axis] as number];
      const next = (indices[axis] as number) + 1;
      indices[axis] = next === size ? 0 : next;
      position += next === size ? step - size * step : step;
      if (next < size) break;
    }
  }
  return result;
}

/** The position in Fortran order (first axis fastest) of a position in C order (last axis fastest). */
function fortranOrder(shape: readonly number[]): (index: number) => number {
  return (index) => {
    let rest = index;
    let position = 0;
    let stride = shape.reduce((product, dimension) => product * dimension, 1);
    for (const dimension of shape.toReversed()) {
      stride /= dimension;
      position += (rest % dimension) * stride;
      rest = Math.floor(rest / dimension);
    }
    return position;
  };
}
