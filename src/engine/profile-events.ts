// The file in which ONNX Runtime says how long each node of each run took -> the nodes of the last runs.

import { readFileSync } from "node:fs";

/** What a node of the compiled graph does in a run, on average over the runs. */
export interface ProfiledNode {
  /** The layer that it comes from; empty for the loss and the optimizer. */
  readonly layer: string;
  /** The traced kernel of which it is a part. */
  readonly kernel: string;
  /** The op that is executed. */
  readonly op: string;
  readonly seconds: number;
  /** Read and written. */
  readonly bytes: number;
  /** Multiplications and additions of convolutions and matrix products; 0 for other ops. */
  readonly operations: number;
}

type Shape = readonly number[];

interface Event {
  readonly cat: string;
  readonly name: string;
  /** In microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly activation_size?: string;
    readonly parameter_size?: string;
    readonly output_size?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, Shape>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, Shape>>[];
  };
}

const SUFFIX = "_kernel_time";
/** Kernels that are convolutions or matrix products. Others may use the op of a convolution for something else. */
const PRODUCTS = /^(Conv2D|BatchMatMul)/;

/** `file`: in the Chrome trace format; `runs`: the number of runs at its end that count. */
export function profiledNodes(file: string, runs: number): ProfiledNode[] {
  const events = JSON.parse(readFileSync(file, "utf8")) as Event[];
  const starts = events.filter(({ name }) => name === "model_run").map(({ ts }) => ts);
  const start = starts.sort((a, b) => a - b).at(-runs) ?? 0;
  const nodes = new Map<string, ProfiledNode>();
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith(SUFFIX) || ts < start) continue;
    // Layer, kernel and the name of an output; layers have no spaces in their names.
    const [layer = "", kernel = ""] = name.slice(0, -SUFFIX.length).split(" ");
    const bytes = [args.activation_size, args.parameter_size, args.output_size].map(Number);
    const known = nodes.get(name);
    nodes.set(name, {
      ...{
        layer,
        kernel,
        op: args.op_name ?? "",
        operations: PRODUCTS.test(kernel) ? operationsOf(args) : 0,
      },
      seconds: (known?.seconds ?? 0) + dur / 1e6 / runs,
      bytes: bytes.reduce((sum, size) => sum + (size || 0), 0),
    });
  }
  return [...nodes.values()];
}

/** Two for each multiply-accumulate. */
function operationsOf({ op_name, input_type_shape, output_type_shape }: Event["args"]): number {
  const shapes = (list: Event["args"]["input_type_shape"]) =>
    (list ?? []).map((one) => Object.values(one)[0] ?? []);
  const [first = [], second = []] = shapes(input_type_shape);
  const [output = []] = shapes(output_type_shape);
  switch (op_name) {
    // The filter is [outputs, inputs of a group, height, width].
    case "Conv":
      return 2 * sizeOf(output) * sizeOf(second.slice(1));
    case "ConvTranspose":
      return 2 * sizeOf(first) * sizeOf(second.slice(1));
    case "MatMul":
    case "FusedMatMul":
      return 2 * Math.sqrt((sizeOf(output) * sizeOf(first) * sizeOf(second)) / sizeOf(output.slice(0, -2)));
    default:
      return 0;
  }
}

function sizeOf(shape: Shape): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
