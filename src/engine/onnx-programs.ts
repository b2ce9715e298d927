// Sessions of ONNX Runtime as programs, by where the state is: written in place on the CPU; returned by each step on a device; carried
// from step to step within one call.

import { Tensor } from "onnxruntime-node";
import { isSameShape, sizeOfShape } from "../compile/graph/graph.js";
import type { Named, OnnxGraph } from "../compile/onnx/graph.js";
import type { ScanModel } from "../compile/onnx/scan.js";
import { floatsOf, type Session, tensorOf } from "../compile/onnx/session.js";
import { runInto } from "../compile/onnx/uncopied.js";
import { withMemoryErrors } from "../runtime/out-of-memory.js";
import { type Program, stackOf, stepwise, unstacked, type Values, valuesOf } from "../runtime/program.js";
import type { OnnxState } from "./onnx-state.js";

/** `first`: the output that has to be the first (compile/onnx/uncopied). */
export function programInPlace(
  session: Session,
  graph: OnnxGraph & { readonly first: string },
  held: OnnxState,
): Program {
  const run = async (inputs: Values): Promise<Values> => {
    const results = Array.from(graph.outputs, ([name, { name: declared, shape }]) => {
      const tensor = new Tensor("float32", new Float32Array(sizeOfShape(shape)), [...shape]);
      return { name, declared, tensor };
    });
    const state = Array.from(graph.stateOutputs, ([name, { name: declared, shape }]) => {
      const slot = held.slot(name);
      const { spare } = slot;
      if (spare === null) throw new Error(`there is no memory for ${name}`);
      return { declared, slot, spare, tensor: new Tensor("float32", floatsOf(spare), [...shape]) };
    });
    const outputs = Object.fromEntries(
      [...results, ...state].map(({ declared, tensor }) => [declared, tensor]),
    );
    const feeds = { ...feedsOf(graph.inputs, inputs), ...stateFeeds(graph.stateInputs, held) };
    await runInto(session, feeds, { first: graph.first, outputs }).catch(withMemoryErrors);
    for (const { slot, spare } of state) {
      slot.spare = slot.current;
      slot.current = spare;
    }
    return Object.fromEntries(results.map(({ name, tensor }) => [name, floatsOf(tensor)]));
  };
  return stepwise(run);
}

export function programOnDevice(session: Session, graph: OnnxGraph, held: OnnxState): Program {
  return stepwise(async (inputs) => {
    const feeds = { ...feedsOf(graph.inputs, inputs), ...stateFeeds(graph.stateInputs, held) };
    const results = await session.run(feeds).catch(withMemoryErrors);
    return taken(results, graph, held);
  });
}

/** State crosses to the device and back once a call. */
export function programOfSteps(session: Session, model: ScanModel, held: OnnxState): Program {
  const runEach = async (steps: readonly Values[]): Promise<readonly Values[]> => {
    if (steps.length === 0) return [];
    const feeds: Record<string, Tensor> = stateFeeds(model.stateInputs, held);
    for (const [name, { name: declared, shape }] of model.inputs)
      feeds[declared] = new Tensor("float32", stackOf(steps, name), [steps.length, ...shape]);
    const results = await session.run(feeds).catch(withMemoryErrors);
    return unstacked(taken(results, model, held), steps.length);
  };
  return { run: async (inputs) => (await runEach([inputs]))[0] ?? {}, runEach, joinsSteps: true };
}

type Returned = Pick<OnnxGraph, "outputs" | "stateOutputs">;

/** Takes over the state, and returns the other results. */
function taken(
  results: Readonly<Record<string, Tensor>>,
  { outputs, stateOutputs }: Returned,
  held: OnnxState,
): Values {
  for (const [name, { name: declared }] of stateOutputs) held.replace(name, tensorOf(results, declared));
  return Object.fromEntries(
    Array.from(outputs, ([name, { name: declared }]) => [name, floatsOf(tensorOf(results, declared))]),
  );
}

function feedsOf(named: Named, inputs: Values): Record<string, Tensor> {
  return Object.fromEntries(
    Array.from(named, ([name, { name: declared, shape }]) => [
      declared,
      new Tensor("float32", valuesOf(inputs, name), [...shape]),
    ]),
  );
}

/** A step may return state in another shape than it reads it. */
function stateFeeds(named: Named, held: OnnxState): Record<string, Tensor> {
  return Object.fromEntries(
    Array.from(named, ([name, { name: declared, shape }]) => {
      const { current } = held.slot(name);
      const fits = current.location !== "cpu" || isSameShape(current.dims, shape);
      return [declared, fits ? current : new Tensor("float32", floatsOf(current), [...shape])];
    }),
  );
}
