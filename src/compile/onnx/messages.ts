// A graph -> the bytes of an ONNX model. The field numbers are those of onnx.proto3.

import { PbfWriter } from "pbf";

/** An input or output as a graph declares it: float32. A dimension with a name instead of a size accepts any size. */
export interface DeclaredValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** Whether the value is a list of such tensors. */
  readonly isSequence?: true;
}

export type Attribute = number | string | readonly number[] | DeclaredGraph;

export interface DeclaredNode {
  /** The layer and the kernel that the node comes from, for errors and profiles. Not unique. */
  readonly origin: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian. */
  readonly rawData: Uint8Array;
}

/** The graph of a model, or one inside a node, which also sees the values of the graph around it. */
export interface DeclaredGraph {
  readonly graphName: string;
  readonly nodes: readonly DeclaredNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
}

export interface Model extends DeclaredGraph {
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Metadata of the model, by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Values of TensorProto.DataType. */
export const FLOAT = 1;
export const INT64 = 7;
export const BFLOAT16 = 16;
/** The types of traced values. */
export const DATA_TYPES = { float32: FLOAT, int32: 6, bool: 9 } as const;

/** Values of AttributeProto.AttributeType. */
const FLOAT_ATTRIBUTE = 1;
const INT_ATTRIBUTE = 2;
const STRING_ATTRIBUTE = 3;
const GRAPH_ATTRIBUTE = 5;
const FLOATS_ATTRIBUTE = 6;
const INTS_ATTRIBUTE = 7;

/** Attributes that are floats even if their value is an integer. */
const FRACTIONS = new Set(["alpha", "epsilon", "beta", "activation_params"]);

/** Protobuf's wire type of fields with a length. */
const LENGTH_DELIMITED = 2;

/**
 * ModelProto { int64 ir_version = 1; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
 * repeated StringStringEntryProto metadata_props = 14 }
 */
export function encodeModel(model: Model): Uint8Array {
  const graph = graphParts(model);
  const start = new PbfWriter();
  start.writeVarintField(1, model.irVersion);
  writeLength(start, 7, lengthOf(graph));
  const end = new PbfWriter();
  for (const opset of model.opsets) end.writeMessage(8, writeOpset, opset);
  for (const entry of Object.entries(model.metadata)) end.writeMessage(14, writeEntry, entry);
  return Buffer.concat([start.finish(), ...graph, end.finish()]);
}

/**
 * GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
 * repeated ValueInfoProto input = 11, output = 12 }. Returned in parts, because initializers can have hundreds of megabytes and
 * a writer copies a message once more for each enclosing message.
 */
function graphParts({ graphName, nodes, initializers, inputs, outputs }: DeclaredGraph): Uint8Array[] {
  const start = new PbfWriter();
  for (const node of nodes) start.writeMessage(1, writeNode, node);
  start.writeStringField(2, graphName);
  const end = new PbfWriter();
  for (const input of inputs) end.writeMessage(11, writeValue, input);
  for (const output of outputs) end.writeMessage(12, writeValue, output);
  return [start.finish(), ...initializers.flatMap(initializerParts), end.finish()];
}

/** TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9 } */
function initializerParts({ name, dims, dataType, rawData }: Initializer): Uint8Array[] {
  const tensor = new PbfWriter();
  tensor.writePackedVarint(1, [...dims]);
  tensor.writeVarintField(2, dataType);
  tensor.writeStringField(8, name);
  writeLength(tensor, 9, rawData.length);
  const parts = [tensor.finish(), rawData];
  const start = new PbfWriter();
  writeLength(start, 5, lengthOf(parts));
  return [start.finish(), ...parts];
}

/** NodeProto { repeated string input = 1, output = 2; string name = 3, op_type = 4; repeated AttributeProto attribute = 5; string domain = 7 } */
function writeNode(
  { origin, type, domain, inputs, outputs, attributes }: DeclaredNode,
  node: PbfWriter,
): void {
  for (const input of inputs) node.writeStringField(1, input);
  for (const output of outputs) node.writeStringField(2, output);
  node.writeStringField(3, `${origin} ${outputs[0]}`);
  node.writeStringField(4, type);
  for (const attribute of Object.entries(attributes)) node.writeMessage(5, writeAttribute, attribute);
  node.writeStringField(7, domain);
}

/**
 * AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; GraphProto g = 6; repeated float floats = 7;
 * repeated int64 ints = 8; AttributeType type = 20 }
 */
function writeAttribute([name, value]: [string, Attribute], attribute: PbfWriter): void {
  attribute.writeStringField(1, name);
  if (typeof value === "string") {
    attribute.writeStringField(4, value);
    attribute.writeVarintField(20, STRING_ATTRIBUTE);
  } else if (typeof value === "object" && "nodes" in value) {
    attribute.writeBytesField(6, Buffer.concat(graphParts(value)));
    attribute.writeVarintField(20, GRAPH_ATTRIBUTE);
  } else if (typeof value === "object" && FRACTIONS.has(name)) {
    attribute.writePackedFloat(7, [...value]);
    attribute.writeVarintField(20, FLOATS_ATTRIBUTE);
  } else if (typeof value === "object") {
    attribute.writePackedVarint(8, [...value]);
    attribute.writeVarintField(20, INTS_ATTRIBUTE);
  } else if (FRACTIONS.has(name)) {
    attribute.writeFloatField(2, value);
    attribute.writeVarintField(20, FLOAT_ATTRIBUTE);
  } else {
    attribute.writeVarintField(3, value);
    attribute.writeVarintField(20, INT_ATTRIBUTE);
  }
}

/** ValueInfoProto { string name = 1; TypeProto type = 2 } */
function writeValue(declared: DeclaredValue, value: PbfWriter): void {
  value.writeStringField(1, declared.name);
  value.writeMessage(2, declared.isSequence ? writeSequenceType : writeType, declared.shape);
}

/** TypeProto { Tensor tensor_type = 1 { int32 elem_type = 1; TensorShapeProto shape = 2 }; Sequence sequence_type = 4 } */
function writeType(shape: DeclaredValue["shape"], type: PbfWriter): void {
  type.writeMessage(1, writeTensorType, shape);
}

/** Sequence { TypeProto elem_type = 1 } */
function writeSequenceType(shape: DeclaredValue["shape"], type: PbfWriter): void {
  type.writeMessage(4, (_, sequence) => sequence.writeMessage(1, writeType, shape), null);
}

function writeTensorType(shape: DeclaredValue["shape"], tensorType: PbfWriter): void {
  tensorType.writeVarintField(1, FLOAT);
  tensorType.writeMessage(2, writeShape, shape);
}

/** TensorShapeProto { repeated Dimension dim = 1 { int64 dim_value = 1; string dim_param = 2 } } */
function writeShape(sizes: DeclaredValue["shape"], shape: PbfWriter): void {
  for (const size of sizes)
    shape.writeMessage(
      1,
      (_, dimension) =>
        typeof size === "string" ? dimension.writeStringField(2, size) : dimension.writeVarintField(1, size),
      null,
    );
}

/** OperatorSetIdProto { string domain = 1; int64 version = 2 } */
function writeOpset({ domain, version }: Model["opsets"][number], opset: PbfWriter): void {
  opset.writeStringField(1, domain);
  opset.writeVarintField(2, version);
}

/** StringStringEntryProto { string key = 1, value = 2 } */
function writeEntry([key, value]: [string, string], entry: PbfWriter): void {
  entry.writeStringField(1, key);
  entry.writeStringField(2, value);
}

/** Writes the tag and the length of a message whose content is written elsewhere. */
function writeLength(writer: PbfWriter, field: number, length: number): void {
  writer.writeTag(field, LENGTH_DELIMITED);
  writer.writeVarint(length);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
