// Installs TensorFlow for --backend tensorflow: its libraries out of a Python wheel, and tfjs-node's addon built against them.
//
// npm's packages of tfjs-node bring TensorFlow 2.9 of 2022 from a server of their own, for CUDA 11.2. PyPI's wheels are current, and
// those for GPUs bring CUDA with them; their libraries and headers are all that the addon needs, and no source of it is changed.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { folderOf, sitePackages, TFJS_NODE } from "../runtime/installed.js";
import { install, type SetupOptions } from "./installation.js";
import { pipInstall, virtualEnvironment } from "./python.js";
import type { Step } from "./run-step.js";
import { findTools, type Tools } from "./tools.js";

const TENSORFLOW = "2.21.0";
const TFJS_NODE_VERSION = "4.22.0";
const NODE_GYP_VERSION = "11.5.0";

interface Packages {
  /** What pip installs, with its version. */
  readonly requirement: string;
  readonly pipFlags: readonly string[];
}

interface Variant extends Packages {
  /** What is downloaded and what it takes on the disk, in gigabytes. */
  readonly download: number;
  readonly disk: number;
}

/** Without a GPU, the libraries are needed, and none of the Python packages that they are used with. */
export const VARIANTS: Readonly<Record<"cpu" | "gpu", Variant>> = {
  cpu: {
    requirement: `tensorflow-cpu==${TENSORFLOW}`,
    pipFlags: ["--no-deps"],
    download: 0.4,
    disk: 1.7,
  },
  gpu: { requirement: `tensorflow[and-cuda]==${TENSORFLOW}`, pipFlags: [], download: 4, disk: 9 },
};

/** Throws InputError if something is missing or fails; then, nothing is installed. */
export async function setUpTensorFlow({ gpu, ...options }: SetupOptions & { gpu: boolean }): Promise<void> {
  if (process.platform !== "linux")
    throw new InputError(
      `TensorFlow can be set up on Linux; elsewhere, npm install ${TFJS_NODE} is worth a try`,
    );
  const { disk, ...variant } = VARIANTS[gpu ? "gpu" : "cpu"];
  const steps = stepsOf(folderOf("tensorflow"), { tools: findTools(), variant });
  await install({ what: "tensorflow", disk, steps, record: { tensorflow: TENSORFLOW, gpu } }, options);
}

/** No install scripts: those of tfjs-node download another TensorFlow. */
function stepsOf(folder: string, { tools, variant }: { tools: Tools; variant: Packages }): Step[] {
  const { requirement, pipFlags } = variant;
  return [
    virtualEnvironment(tools.python),
    pipInstall(folder, requirement, [...pipFlags, requirement]),
    {
      what: `installing ${TFJS_NODE} ${TFJS_NODE_VERSION} from npm`,
      command: "npm",
      prepare: () => writeFileSync(join(folder, "package.json"), "{}\n"),
      words: () => [
        ...["install", "--ignore-scripts", "--no-audit", "--no-fund"],
        ...[`${TFJS_NODE}@${TFJS_NODE_VERSION}`, `node-gyp@${NODE_GYP_VERSION}`],
      ],
    },
    buildStep(folder, tools),
  ];
}

/**
 * The loader finds TensorFlow in the wheel's own folder, whose libraries find CUDA's in the wheels beside it; links elsewhere would
 * lose them. The definitions are those that node-pre-gyp would pass on.
 */
function buildStep(folder: string, { headers }: Tools): Step {
  const wheel = () => join(sitePackages(folder), "tensorflow");
  const addon = join(folder, "node_modules", TFJS_NODE);
  return {
    what: "building the addon",
    command: process.execPath,
    folder: addon,
    prepare: () => linkDependencies(join(addon, "deps"), wheel()),
    words: () => [
      ...[join(folder, "node_modules", "node-gyp", "bin", "node-gyp.js"), "rebuild"],
      ...(headers === null ? [] : [`--nodedir=${headers}`]),
      ...["--", "-Dnapi_build_version=8", "-Dmodule_name=tfjs_binding", "-Dmodule_path=./lib/napi-v8"],
    ],
    ...(headers === null ? { advice: NO_HEADERS } : {}),
    environment: () => ({ LDFLAGS: `-Wl,-rpath,${wheel()}` }),
  };
}

const NO_HEADERS =
  "Node's headers are not beside this Node, and node-gyp downloads them from nodejs.org, if it can; NODEDIR names a folder with include/node";

function linkDependencies(dependencies: string, wheel: string): void {
  mkdirSync(join(dependencies, "lib"), { recursive: true });
  symlinkSync(join(wheel, "include"), join(dependencies, "include"));
  for (const [name, library] of [
    ["tensorflow", "tensorflow_cc"],
    ["tensorflow_framework", "tensorflow_framework"],
  ])
    symlinkSync(join(wheel, `lib${library}.so.2`), join(dependencies, "lib", `lib${name}.so`));
}
