// squeezebox setup: installs what a backend or a device needs, and tries it.

import { InputError } from "../diagnostic.js";
import { hasDriver } from "../runtime/cuda-libraries.js";
import type { EngineOptions } from "../runtime/devices.js";
import { folderOf, type Installable } from "../runtime/installed.js";
import { CUDA_SIZES, removeCuda, setUpCuda } from "../setup/cuda.js";
import { removeInstallation, type SetupOptions } from "../setup/installation.js";
import { setUpTensorFlow, VARIANTS } from "../setup/tensorflow.js";
import { didYouMean } from "../suggest.js";
import { tryEngine, withoutFlag, works } from "../training/try-engine.js";
import { INTERRUPTS, print, printJson, wrapped } from "./output.js";

export interface SetupFlags {
  readonly gpu: boolean;
  readonly remove: boolean;
  readonly json: boolean;
}

interface Setup {
  /** Gigabytes. */
  readonly sizes: (gpu: boolean) => { readonly download: number; readonly disk: number };
  readonly install: (options: SetupOptions & { gpu: boolean }) => Promise<void>;
  /** Returns whether there was anything. */
  readonly remove: () => Promise<boolean>;
  /** How it is used. */
  readonly flag: string;
  readonly target: Pick<EngineOptions, "backend" | "device">;
  /** Why it cannot be tried on this machine; null if it can. */
  readonly untried: () => string | null;
}

const SETUPS: Readonly<Record<Installable, Setup>> = {
  tensorflow: {
    sizes: (gpu) => VARIANTS[gpu ? "gpu" : "cpu"],
    install: setUpTensorFlow,
    remove: () => removeInstallation("tensorflow"),
    flag: "--backend tensorflow",
    target: { backend: "tensorflow", device: "cpu" },
    untried: () => null,
  },
  cuda: {
    sizes: () => CUDA_SIZES,
    install: setUpCuda,
    remove: removeCuda,
    flag: "--device cuda",
    target: { backend: "compiled", device: "cuda" },
    untried: () => (hasDriver() ? null : "this machine has no driver of NVIDIA (libcuda.so.1)"),
  },
};

export async function setUp(what: string, { gpu, remove, json }: SetupFlags): Promise<number> {
  if (!isInstallable(what))
    throw new InputError(
      `only \`tensorflow\` and \`cuda\` can be set up; found ${what}${didYouMean(what, Object.keys(SETUPS))}`,
    );
  if (gpu && what === "cuda")
    throw new InputError("--gpu is for `setup tensorflow`; CUDA is for GPUs anyway");
  const setup = SETUPS[what];
  const folder = folderOf(what);
  const say = (text: string) => {
    if (!json) print(text);
  };
  if (remove) {
    const removed = await setup.remove();
    if (json) printJson({ folder, removed });
    else print(removed ? `removed ${folder}` : `there is nothing to remove: ${folder} does not exist`);
    return 0;
  }
  const { download, disk } = setup.sizes(gpu);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const name of INTERRUPTS) process.once(name, stop);
  const onStep: SetupOptions["onStep"] = (step, index, of) => {
    if (index === 1) say(wrapped(`about ${download} GB from PyPI, ${disk} GB in ${folder}`));
    say(`${index}/${of} ${step}`);
  };
  await setup.install({ gpu, signal: stopped.signal, onStep });
  for (const name of INTERRUPTS) process.off(name, stop);
  const untried = setup.untried();
  if (untried !== null) {
    if (json) printJson({ folder, untried });
    else print(wrapped(`installed in ${folder}; not tried, because ${untried}`));
    return 0;
  }
  const tried = await tryEngine(setup.target);
  if (!works(tried))
    throw new InputError(`what ${setup.flag} needs is installed, but does not work: ${withoutFlag(tried)}`);
  const { engine, stepMs } = tried;
  if (json) printJson({ folder, engine, stepMs });
  else {
    say(wrapped(`${engine} works: a step of SE-ResNet-8 takes ${stepMs.toPrecision(2)} ms`));
    say(`use it with ${setup.flag}; --remove removes it`);
  }
  return 0;
}

function isInstallable(what: string): what is Installable {
  return Object.hasOwn(SETUPS, what);
}
