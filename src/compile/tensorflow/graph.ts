// The vocabulary of TensorFlow graphs: nodes, tensors, and the values of attributes.

/** Values of tensorflow.DataType. */
export const DATA_TYPES = { float32: 1, int32: 3, bool: 10, bfloat16: 14 } as const;

/** Plain numbers would be ambiguous, so each value says which field of tensorflow.AttrValue it belongs to. */
export type TfAttribute =
  | { readonly text: string }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly type: number }
  | { readonly shape: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly tensor: TfConstant };

export interface TfConstant {
  readonly type: number;
  readonly dims: readonly number[];
  /** All of them, or one that is repeated. */
  readonly values: ArrayLike<number>;
}

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly TfTensor[];
  /** Nodes that must have run before. */
  readonly control: readonly TfNode[];
  readonly attributes: Readonly<Record<string, TfAttribute>>;
}

/** One of the outputs of a node. */
export interface TfTensor {
  readonly node: TfNode;
  readonly index: number;
}

export const FLOAT: TfAttribute = { type: DATA_TYPES.float32 };
export const INT32: TfAttribute = { type: DATA_TYPES.int32 };
