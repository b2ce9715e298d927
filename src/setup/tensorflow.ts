// Installs TensorFlow for --backend tensorflow: its libraries out of a Python wheel, and tfjs-node's addon built against them.
//
// npm's packages of tfjs-node bring TensorFlow 2.9 of 2022 from a server of their own, for CUDA 11.2. PyPI's wheels are current, and
// those for GPUs bring CUDA with them; their libraries and headers are all that the addon needs, and no source of it is changed.

import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder, writeWhole } from "../records/files.js";
import {
  readRecord,
  recordIn,
  sitePackages,
  type TensorFlowRecord,
  TFJS_NODE,
  tensorFlowFolder,
} from "../runtime/tensorflow-folder.js";
import { runStep, type Step } from "./run-step.js";
import { findTools, type Tools } from "./tools.js";

const TENSORFLOW = "2.21.0";
const TFJS_NODE_VERSION = "4.22.0";
const NODE_GYP_VERSION = "11.5.0";
const LOG = "setup.log";

interface Variant {
  /** What pip installs, with its version. */
  readonly requirement: string;
  readonly pipFlags: readonly string[];
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

export interface SetupOptions {
  readonly gpu: boolean;
  readonly signal: AbortSignal;
  /** Called before each step. */
  readonly onStep: (what: string, step: number, of: number) => void;
}

/** Returns the folder. Throws InputError if something is missing or fails; then, nothing is installed. */
export async function setUpTensorFlow({ gpu, signal, onStep }: SetupOptions): Promise<string> {
  if (process.platform !== "linux")
    throw new InputError(
      `TensorFlow can be set up on Linux; elsewhere, npm install ${TFJS_NODE} is worth a try`,
    );
  const folder = tensorFlowFolder();
  const variant = VARIANTS[gpu ? "gpu" : "cpu"];
  const tools = findTools();
  removeTensorFlow();
  makeFolder(folder);
  checkSpace(folder, variant.disk);
  const log = join(folder, LOG);
  writeFileSync(join(folder, "package.json"), "{}\n");
  const before = stepsBefore(folder, { tools, variant });
  for (const [index, step] of before.entries()) {
    onStep(step.what, index + 1, before.length + 1);
    await runStep(step, { folder, log, signal });
  }
  onStep("building the addon", before.length + 1, before.length + 1);
  await runStep(buildStep(folder, tools), { folder: addonFolder(folder), log, signal });
  writeWhole(
    recordIn(folder),
    `${JSON.stringify({ tensorflow: TENSORFLOW, gpu } satisfies TensorFlowRecord)}\n`,
  );
  return folder;
}

/** Returns whether anything was there. Removes nothing that was not made here. */
export function removeTensorFlow(): boolean {
  const folder = tensorFlowFolder();
  if (!existsSync(folder)) return false;
  const isOwn = readRecord(folder) !== null || existsSync(join(folder, LOG));
  if (!isOwn && readdirSync(folder).length > 0)
    throw new InputError(
      `${folder} contains something else; remove it, or name another folder by SQUEEZEBOX_TENSORFLOW`,
    );
  rmSync(folder, { recursive: true });
  return true;
}

function checkSpace(folder: string, gigabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free >= gigabytes) return;
  rmSync(folder, { recursive: true });
  throw new InputError(`${dirname(folder)} has ${free.toFixed(1)} GB left; TensorFlow needs ${gigabytes} GB`);
}

/** No install scripts: those of tfjs-node download another TensorFlow. */
function stepsBefore(folder: string, { tools, variant }: { tools: Tools; variant: Variant }): Step[] {
  const pip = join(folder, "venv", "bin", "pip");
  return [
    { what: "making a virtual environment", command: tools.python, words: ["-m", "venv", "venv"] },
    {
      what: `installing ${variant.requirement} from PyPI`,
      command: pip,
      words: [
        "install",
        "--no-input",
        "--disable-pip-version-check",
        ...variant.pipFlags,
        variant.requirement,
      ],
    },
    {
      what: `installing ${TFJS_NODE} ${TFJS_NODE_VERSION} from npm`,
      command: "npm",
      words: [
        ...["install", "--ignore-scripts", "--no-audit", "--no-fund"],
        ...[`${TFJS_NODE}@${TFJS_NODE_VERSION}`, `node-gyp@${NODE_GYP_VERSION}`],
      ],
    },
  ];
}

function addonFolder(folder: string): string {
  return join(folder, "node_modules", TFJS_NODE);
}

/**
 * The loader finds TensorFlow in the wheel's own folder, whose libraries find CUDA's in the wheels beside it; links elsewhere would
 * lose them. The definitions are those that node-pre-gyp would pass on.
 */
function buildStep(folder: string, { headers }: Tools): Step {
  const wheel = join(sitePackages(folder), "tensorflow");
  const dependencies = join(addonFolder(folder), "deps");
  mkdirSync(join(dependencies, "lib"), { recursive: true });
  symlinkSync(join(wheel, "include"), join(dependencies, "include"));
  for (const [name, library] of [
    ["tensorflow", "tensorflow_cc"],
    ["tensorflow_framework", "tensorflow_framework"],
  ])
    symlinkSync(join(wheel, `lib${library}.so.2`), join(dependencies, "lib", `lib${name}.so`));
  return {
    what: "building the addon",
    command: process.execPath,
    words: [
      ...[join(folder, "node_modules", "node-gyp", "bin", "node-gyp.js"), "rebuild"],
      ...(headers === null ? [] : [`--nodedir=${headers}`]),
      ...["--", "-Dnapi_build_version=8", "-Dmodule_name=tfjs_binding", "-Dmodule_path=./lib/napi-v8"],
    ],
    environment: { LDFLAGS: `-Wl,-rpath,${wheel}` },
  };
}
