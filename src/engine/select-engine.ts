// Options -> the requested engine, or the best one for this machine.

import { InputError } from "../diagnostic.js";
import { isDeterministic } from "../runtime/arithmetic.js";
import type { EngineOptions } from "../runtime/devices.js";
import { type FindOptions, findTensorFlow, isFound, type TensorFlow } from "../runtime/find-tensorflow.js";
import tf from "../tfjs-core.cjs";
import { checkDevice, createCompiledEngine } from "./compiled-engine.js";
import { createEagerEngine } from "./eager-engine.js";
import type { Engine, EngineFacts } from "./engine.js";
import { gpuTensorFlow } from "./gpu-tensorflow.js";
import { createGraphEngine } from "./graph-engine.js";

/** Throws InputError if the requested backend is not installed or the device cannot be used. */
export async function selectEngine({
  backend,
  device,
  threads,
  xla = false,
}: EngineOptions): Promise<Engine> {
  // Turns off tfjs' checks in the hot path, and its advice to install another backend.
  tf.enableProdMode();
  switch (backend) {
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return createEagerEngine("cpu", {
        description: `TensorFlow.js ${tf.version_core}, eager, cpu backend`,
        isRepeatable: true,
      });
    case "tensorflow":
      return graphEngineOf(requireTensorFlow({ threads, xla }), { threads, xla });
    case "tensorflow-eager": {
      const found = requireTensorFlow({ threads });
      found.registerBackend();
      const { description, isRepeatable } = factsOf(found, { threads, xla: false });
      return createEagerEngine("tensorflow-eager", { description: `${description}, eager`, isRepeatable });
    }
    case "compiled":
      return createCompiledEngine({ device, threads, blocked: true });
    case "auto": {
      const result =
        device === "cpu" && (await gpuTensorFlow()) === "gpu"
          ? findTensorFlow({ threads, xla, onlyGpu: true })
          : null;
      return result && isFound(result)
        ? graphEngineOf(result, { threads, xla })
        : createCompiledEngine({ device, threads, blocked: true });
    }
  }
}

/** Throws InputError in the same cases as selectEngine, without creating an engine. */
export async function checkEngine({ backend, device, threads, xla = false }: EngineOptions): Promise<void> {
  if (backend === "tensorflow" || backend === "tensorflow-eager") {
    if ((await gpuTensorFlow()) === "crashes") throw new InputError(CRASHES);
    requireTensorFlow({ threads, xla });
  }
  if (device !== "cpu" && (backend === "compiled" || backend === "auto")) await checkDevice(device);
}

const CRASHES =
  "--backend tensorflow does not work here: TensorFlow crashes when it is loaded, most likely because it does not find CUDA's libraries; `squeezebox setup tensorflow --gpu` installs both";

/** Throws InputError if there is none. */
function requireTensorFlow(options?: FindOptions): TensorFlow {
  const result = findTensorFlow(options);
  if (isFound(result)) return result;
  throw new InputError(`--backend tensorflow needs TensorFlow: ${result.reason}`);
}

interface TensorFlowUse {
  readonly threads: number;
  readonly xla: boolean;
}

function graphEngineOf(found: TensorFlow, use: TensorFlowUse): Engine {
  return createGraphEngine(found.binding, factsOf(found, use));
}

function factsOf(
  { packageName, version, tensorflow, hasGpu }: TensorFlow,
  { threads, xla }: TensorFlowUse,
): EngineFacts {
  const where = `${hasGpu ? "GPU" : "CPU"}${xla ? ", XLA" : ""}`;
  return {
    description: `TensorFlow ${tensorflow} through ${packageName} ${version}, ${where}`,
    isRepeatable: isDeterministic() || (!hasGpu && threads === 1),
  };
}
