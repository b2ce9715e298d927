// Writes the stages of compiling a function as text, with `SQUEEZEBOX_DUMP=folder`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TracedGraph } from "./graph/graph.js";
import type { Value } from "./graph/kernels.js";
import type { Observer } from "./observer.js";
import type { OnnxBuilder } from "./onnx/builder.js";
import type { OnnxGraph } from "./onnx/graph.js";

/** Writes `<folder>/<function>/<number>-<stage>.txt`, numbered in the order of the stages. */
export function dumpInto(folder: string, name: string): Observer {
  const own = join(folder, name.replaceAll(/[^\w.-]+/g, "-"));
  mkdirSync(own, { recursive: true });
  let count = 0;
  const write = (stage: string, ending: string, content: string | Uint8Array) =>
    writeFileSync(join(own, `${String(count).padStart(2, "0")}-${stage}.${ending}`), content);
  return {
    traced: (stage, graph) => {
      count++;
      write(
        stage,
        "txt",
        describeTraced(graph, () => ""),
      );
    },
    layouts: (graph, layoutOf) => {
      count++;
      const describe = (value: Value) => ` ${layoutOf(value)}`;
      write("layouts", "txt", describeTraced(graph, describe));
    },
    lowered: (stage, graph, builder) => {
      count++;
      write(stage, "txt", describeOnnx(graph, builder));
    },
  };
}

/** Lines such as `%12 [128x28x28x16] blocked = Conv2D(%3, %4) groups=1 # stage1.block1.conv1`. */
function describeTraced(graph: TracedGraph, note: (value: Value) => string): string {
  const constants = [...graph.constants.keys()].map(
    (value) => `${valueText(value)} = constant of ${graph.constants.get(value)?.length} numbers`,
  );
  const named = [
    ...graph.inputs.map(({ name, value }) => `${valueText(value)} = input ${name}`),
    ...graph.state.map(({ name, before }) => `${valueText(before)} = state ${name}`),
  ];
  const nodes = graph.nodes.map(({ kernel, inputs, attributes, outputs, layer }) => {
    const made = outputs.map((value) => valueText(value) + note(value)).join(", ");
    const used = inputs.map(({ id }) => `%${id}`).join(", ");
    return `${made} = ${kernel}(${used})${attributesText(attributes)}${layer ? ` # ${layer}` : ""}`;
  });
  const results = [
    ...graph.outputs.map(({ name, value }) => `output ${name} = %${value.id}`),
    ...graph.state.flatMap(({ name, before, after }) =>
      before === after ? [] : [`state ${name} := %${after.id}`],
    ),
  ];
  return `${[...named, ...constants, "", ...nodes, "", ...results].join("\n")}\n`;
}

function valueText({ id, shape }: Value): string {
  return `%${id} [${shape.join("x")}]`;
}

/** Lines such as `v12 = nchwc.Conv(v3, v4, , v5) activation=Relu view=[1,16,1,784] # layer kernel`. */
function describeOnnx(graph: OnnxGraph, builder: OnnxBuilder): string {
  const used = (name: string) => {
    const { ints, shape } = builder.constant(name) ?? {};
    return ints ? `[${ints.join(",")}]` : shape ? `${name}:[${shape.join("x")}]` : name;
  };
  const nodes = graph.nodes.map(({ type, domain, inputs, outputs, attributes, view, origin }) => {
    const call = `${domain === "" ? "" : `${domain.split(".").at(-1)}.`}${type}(${inputs.map(used).join(", ")})`;
    const seen = view ? ` view=[${view.inner.join(",")}]` : "";
    return `${outputs.join(", ")} = ${call}${attributesText(attributes)}${seen} # ${origin}`;
  });
  const ends = (kind: string, named: OnnxGraph["inputs"]) =>
    Array.from(named, ([name, value]) => `${kind} ${name} = ${value.name} [${value.shape.join("x")}]`);
  const { inputs, stateInputs, outputs, stateOutputs } = graph;
  return `${[
    ...ends("input", inputs),
    ...ends("state", stateInputs),
    "",
    ...nodes,
    "",
    ...ends("output", outputs),
    ...ends("state :=", stateOutputs),
  ].join("\n")}\n`;
}

function attributesText(attributes: object): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
}
