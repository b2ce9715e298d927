// Flags and a description of a launcher -> the launcher.

import type { LauncherSpec } from "../config/sweep-spec.js";
import { InputError } from "../diagnostic.js";
import { defaultJobs, type EngineOptions } from "../runtime/devices.js";
import { gpusFor, visibleGpus } from "../runtime/gpus.js";
import type { Launcher } from "../sweep/launch/launcher.js";
import { localLauncher } from "../sweep/launch/local.js";
import { slurmLauncher } from "../sweep/launch/slurm.js";

export interface LauncherFlags {
  readonly jobs?: number;
  readonly gpus?: string;
  readonly jobsPerGpu: number;
}

/** Throws InputError if flags do not fit the launcher. */
export function chooseLauncher(
  spec: LauncherSpec,
  { jobs, gpus: asked, jobsPerGpu, engine }: LauncherFlags & { engine: EngineOptions },
): Launcher {
  if (spec.name === "slurm") {
    if (asked !== undefined)
      throw new InputError("--gpus is for this machine; on Slurm, set `gpus` in the launcher");
    return slurmLauncher({ ...spec, workers: jobs ?? spec.workers });
  }
  const gpus = asked === undefined ? gpusFor(engine) : namedGpus(asked);
  const workers = jobs ?? spec.workers ?? defaultJobs(engine, gpus) * (gpus.length > 0 ? jobsPerGpu : 1);
  return localLauncher(workers, gpus);
}

function namedGpus(asked: string): readonly string[] {
  const names = asked === "all" ? visibleGpus() : asked.split(",").map((name) => name.trim());
  const isName = (name: string) => /^(\d+|(GPU|MIG)-[\w/-]+)$/.test(name);
  if (names.length === 0) throw new InputError("--gpus all: there is no NVIDIA GPU here");
  if (!names.every(isName) || new Set(names).size < names.length)
    throw new InputError(`--gpus must be numbers of GPUs, such as 0,1, or all; found ${asked}`);
  return names;
}
