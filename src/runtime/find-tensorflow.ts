// Finds and loads TensorFlow: the native part of tfjs-node, from an npm package or from `squeezebox setup tensorflow`.
//
// The graph engine needs nothing else of that package. The rest, with tfjs' backend for eager operations, takes longer to load and makes
// itself the backend of every tensor.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { folderOf, recordOf, sitePackages, TFJS_NODE } from "./installed.js";

export interface TensorFlowFound {
  readonly packageName: string;
  /** Of the package. */
  readonly version: string;
  /** Of TensorFlow. */
  readonly tensorflow: string;
  readonly hasGpu: boolean;
}

/** The functions of tfjs-node's native part that are used here. */
export interface TensorFlowBinding {
  readonly TF_Version: string;
  readonly TF_INT32: number;
  isUsingGpuDevice(): boolean;
  createTensor(shape: number[], type: number, values: Int32Array): number;
  deleteTensor(tensor: number): void;
  tensorDataSync(tensor: number): Float32Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(model: number): void;
  /** Names are separated by commas. Returns the fetched tensors. */
  runSavedModel(
    model: number,
    inputs: number[],
    inputNames: string,
    outputNames: string,
  ): { readonly id: number }[];
}

export interface TensorFlow extends TensorFlowFound {
  readonly binding: TensorFlowBinding;
  /** Registers tfjs' backend `tensorflow`, which executes operations one by one, and makes it the current one. */
  registerBackend(): void;
}

/** Why there is no TensorFlow, and how to get it. */
export interface TensorFlowMissing {
  readonly reason: string;
}

export function isFound<Found extends TensorFlowFound>(result: Found | TensorFlowMissing): result is Found {
  return "tensorflow" in result;
}

export interface FindOptions {
  /** How many an operation may use, which is fixed when TensorFlow is first loaded. By default, TensorFlow chooses. */
  readonly threads?: number;
  /** Whether XLA compiles graphs. */
  readonly xla?: boolean;
  /** Do not load a TensorFlow that cannot use a GPU. */
  readonly onlyGpu?: boolean;
}

/** Loads the first TensorFlow that works, among tfjs-node-gpu, tfjs-node and the one that was set up. */
export function findTensorFlow({
  threads,
  xla = false,
  onlyGpu = false,
}: FindOptions = {}): TensorFlow | TensorFlowMissing {
  // Allocate GPU memory as needed, not all of it at the start.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    process.env.TF_NUM_INTEROP_THREADS ??= "1";
  }
  if (xla) useXla();
  const places = knownPlaces().filter(({ canUseGpu }) => canUseGpu || !onlyGpu);
  for (const place of places) {
    const found = load(place);
    if (found) return found;
  }
  const [first] = places;
  return { reason: first ? `${first.folder} does not load; ${first.advice}` : HOW_TO_GET };
}

/** Whether there is a TensorFlow that is made for GPUs. Loads nothing. */
export function tensorFlowMayUseGpu(): boolean {
  return knownPlaces().some(({ canUseGpu }) => canUseGpu);
}

/** Compiles everything that XLA can, in clusters as large as possible, on the CPU too. */
function useXla(): void {
  process.env.TF_XLA_FLAGS ??=
    "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit --tf_xla_max_cluster_size=1000000";
  // For GPUs, it needs a compiler and a library of CUDA, which come with the wheels.
  if (recordOf("tensorflow")?.gpu)
    process.env.XLA_FLAGS ??= `--xla_gpu_cuda_data_dir=${join(sitePackages(folderOf("tensorflow")), "nvidia", "cuda_nvcc")}`;
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

function knownPlaces(): Place[] {
  return [...installedPlaces(), ...ownPlace()];
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
  const root = folderOf("tensorflow");
  const record = recordOf("tensorflow");
  if (!record) return [];
  const folder = join(root, "node_modules", TFJS_NODE);
  const advice = "`squeezebox setup tensorflow` installs it again";
  return [{ packageName: TFJS_NODE, folder, canUseGpu: record.gpu, advice }];
}

function hasNativePart(folder: string): boolean {
  return existsSync(nativePartOf(folder));
}

function nativePartOf(folder: string): string {
  return join(folder, "lib", "napi-v8", "tfjs_binding.node");
}

function load({ packageName, folder }: Place): TensorFlow | null {
  if (!hasNativePart(folder)) return null;
  const require = createRequire(join(folder, "package.json"));
  try {
    const binding = require(nativePartOf(folder)) as TensorFlowBinding;
    const { version } = require(join(folder, "package.json")) as { version: string };
    const registerBackend = () => {
      addRemovedFunctions(require("node:util"));
      require(folder);
    };
    const { TF_Version: tensorflow } = binding;
    return { packageName, version, tensorflow, hasGpu: binding.isUsingGpuDevice(), binding, registerBackend };
  } catch {
    // A library that it needs has gone, or is for another machine.
    return null;
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 has removed from node:util. */
function addRemovedFunctions(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
