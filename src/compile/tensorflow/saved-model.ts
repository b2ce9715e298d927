// A TensorFlow graph -> the bytes of a SavedModel without a checkpoint: its variables get their values by nodes that assign them.
// The field numbers are those of tensorflow/core/protobuf/{saved_model,meta_graph}.proto and
// tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto.

import { PbfWriter } from "pbf";
import { DATA_TYPES, type TfAttribute, type TfConstant, type TfNode, type TfTensor } from "./graph.js";

/** By which TensorFlow finds the graph in the model. */
export const TAG = "serve";

/** The version of graphs that TensorFlow 2.9 produces. Later ones accept them; earlier ones refuse later graphs. */
const PRODUCER = 1087;

export function encodeSavedModel(nodes: readonly TfNode[]): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, 1);
  pbf.writeMessage(2, writeMetaGraph, nodes);
  return pbf.finish();
}

function writeMetaGraph(nodes: readonly TfNode[], pbf: PbfWriter): void {
  pbf.writeMessage(1, writeInfo, null);
  pbf.writeMessage(2, writeGraph, nodes);
}

function writeInfo(_: null, pbf: PbfWriter): void {
  pbf.writeStringField(4, TAG);
  pbf.writeStringField(5, "2.9.1");
}

function writeGraph(nodes: readonly TfNode[], pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeMessage(4, (_: null, versions) => versions.writeVarintField(1, PRODUCER), null);
}

/** The first output of a node has the name of the node. */
export function nameOf({ node, index }: TfTensor): string {
  return index === 0 ? node.name : `${node.name}:${index}`;
}

function writeNode({ name, op, inputs, control, attributes }: TfNode, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, op);
  for (const input of inputs) pbf.writeStringField(3, nameOf(input));
  for (const before of control) pbf.writeStringField(3, `^${before.name}`);
  for (const entry of Object.entries(attributes)) pbf.writeMessage(5, writeEntry, entry);
}

function writeEntry([key, value]: readonly [string, TfAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeMessage(2, writeAttribute, value);
}

function writeAttribute(value: TfAttribute, pbf: PbfWriter): void {
  if ("text" in value) pbf.writeBytesField(2, Buffer.from(value.text));
  else if ("int" in value) pbf.writeVarintField(3, value.int);
  else if ("float" in value) pbf.writeFloatField(4, value.float);
  else if ("bool" in value) pbf.writeBooleanField(5, value.bool);
  else if ("type" in value) pbf.writeVarintField(6, value.type);
  else if ("shape" in value) pbf.writeMessage(7, writeShape, value.shape);
  else if ("tensor" in value) pbf.writeMessage(8, writeTensor, value.tensor);
  else
    pbf.writeMessage(1, (ints: readonly number[], list) => list.writePackedVarint(3, [...ints]), value.ints);
}

function writeShape(dims: readonly number[], pbf: PbfWriter): void {
  for (const size of dims) pbf.writeMessage(2, (value: number, dim) => dim.writeVarintField(1, value), size);
}

function writeTensor({ type, dims, values }: TfConstant, pbf: PbfWriter): void {
  pbf.writeVarintField(1, type);
  pbf.writeMessage(2, writeShape, dims);
  // A list of one number stands for a tensor full of it.
  if (type === DATA_TYPES.float32 && values.length === 1) pbf.writePackedFloat(5, [values[0] as number]);
  else if (type === DATA_TYPES.float32)
    pbf.writeBytesField(4, new Uint8Array(Float32Array.from(values).buffer));
  else if (type === DATA_TYPES.int32) pbf.writeBytesField(4, new Uint8Array(Int32Array.from(values).buffer));
  else pbf.writePackedVarint(11, Array.from(values));
}
