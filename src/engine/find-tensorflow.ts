// Finds and loads TensorFlow: the native part of tfjs-node, from an npm package or from `squeezebox setup tensorflow`.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { readRecord, TFJS_NODE, tensorFlowFolder } from "../runtime/tensorflow-folder.js";

export interface TensorFlowFound {
  readonly packageName: string;
  /** Of the package. */
  readonly version: string;
  /** Of TensorFlow. */
  readonly tensorflow: string;
  readonly hasGpu: boolean;
}

/** Why there is no TensorFlow, and how to get it. */
export interface TensorFlowMissing {
  readonly reason: string;
}

export function isFound(result: TensorFlowFound | TensorFlowMissing): result is TensorFlowFound {
  return "tensorflow" in result;
}

export interface FindOptions {
  /** How many an operation may use, which is fixed when TensorFlow is first loaded. By default, TensorFlow chooses. */
  readonly threads?: number;
  /** Do not load a TensorFlow that cannot use a GPU. */
  readonly onlyGpu?: boolean;
}

/** Loads the first TensorFlow that works, among tfjs-node-gpu, tfjs-node and the one that was set up. */
export function findTensorFlow({
  threads,
  onlyGpu = false,
}: FindOptions = {}): TensorFlowFound | TensorFlowMissing {
  // Allocate GPU memory as needed, not all of it at the start.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    process.env.TF_NUM_INTEROP_THREADS ??= "1";
  }
  const places = [...installedPlaces(), ...ownPlace()].filter(({ canUseGpu }) => canUseGpu || !onlyGpu);
  for (const place of places) {
    const found = load(place);
    if (found) return found;
  }
  const [first] = places;
  return { reason: first ? `${first.folder} does not load; ${first.advice}` : HOW_TO_GET };
}

const HOW_TO_GET =
  "`squeezebox setup tensorflow` installs it; for an NVIDIA GPU, `squeezebox setup tensorflow --gpu`, or npm install @tensorflow/tfjs-node-gpu where CUDA 11.2 and cuDNN 8.1 are installed";

interface Place {
  readonly packageName: string;
  readonly folder: string;
  readonly canUseGpu: boolean;
  /** What to do if it does not load. */
  readonly advice: string;
}

/**
 * Packages of npm. Only those whose native part is there: requiring one without it fails after it has registered its kernels with
 * tfjs, where those of the next package would come second.
 */
function installedPlaces(): Place[] {
  const require = createRequire(import.meta.url);
  return ["@tensorflow/tfjs-node-gpu", TFJS_NODE].flatMap((packageName) => {
    try {
      const folder = dirname(require.resolve(`${packageName}/package.json`));
      const advice = `\`npm uninstall ${packageName}\`, and ${HOW_TO_GET}`;
      const canUseGpu = packageName !== TFJS_NODE;
      return hasNativePart(folder) ? [{ packageName, folder, canUseGpu, advice }] : [];
    } catch {
      return [];
    }
  });
}

function ownPlace(): Place[] {
  const root = tensorFlowFolder();
  const record = readRecord(root);
  if (!record) return [];
  const folder = join(root, "node_modules", TFJS_NODE);
  const advice = "`squeezebox setup tensorflow` installs it again";
  return [{ packageName: TFJS_NODE, folder, canUseGpu: record.gpu, advice }];
}

function hasNativePart(folder: string): boolean {
  return existsSync(join(folder, "lib", "napi-v8", "tfjs_binding.node"));
}

function load({ packageName, folder }: Place): TensorFlowFound | null {
  if (!hasNativePart(folder)) return null;
  const require = createRequire(join(folder, "package.json"));
  addRemovedFunctions(require("node:util"));
  try {
    require(folder);
    const { version } = require(join(folder, "package.json")) as { version: string };
    const backend = tf.findBackend("tensorflow") as NodeBackend | null;
    if (!backend) return null;
    const { isUsingGpuDevice = false, binding } = backend;
    return { packageName, version, tensorflow: binding?.TF_Version ?? "", hasGpu: isUsingGpuDevice };
  } catch {
    // A library that it needs has gone, or is for another machine.
    return null;
  }
}

type NodeBackend = tf.KernelBackend & {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
};

/** tfjs-node 4.22 calls two functions that Node 23 has removed from node:util. */
function addRemovedFunctions(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
