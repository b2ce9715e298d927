// The hardware, the software and the data of a run, for environment.json.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { arch, cpus, platform, release, totalmem } from "node:os";
import type { Engine } from "../engine/engine.js";
import { ownVersion } from "../own-version.js";

export interface Environment {
  /** Identifies the run: equal runs have the same fingerprint. */
  readonly fingerprint: string;
  /** The fingerprint without the number of epochs (experiment/fingerprint.ts). */
  readonly trajectory: string;
  readonly squeezebox: string;
  readonly commit: string | null;
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly backend: string;
  readonly engine: string;
  /** Whether the same run gives the same numbers each time; if not, they may differ in the last digits. */
  readonly isRepeatable: boolean;
  readonly threads: number;
  /** CUDA_VISIBLE_DEVICES; null if it is not set. */
  readonly visibleGpus: string | null;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly datasetFingerprint: string;
}

export function describeEnvironment(
  engine: Engine,
  facts: Pick<Environment, "fingerprint" | "trajectory" | "datasetFingerprint" | "threads">,
): Environment {
  const require = createRequire(import.meta.url);
  const version = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  const processors = cpus();
  return {
    ...facts,
    squeezebox: ownVersion(),
    commit: gitCommit(),
    node: process.version,
    packages: Object.fromEntries(
      ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "onnxruntime-node"].map((name) => [
        name,
        version(name),
      ]),
    ),
    backend: engine.backend,
    engine: engine.facts.description,
    isRepeatable: engine.facts.isRepeatable,
    visibleGpus: process.env.CUDA_VISIBLE_DEVICES ?? null,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
  };
}

/** The commit of the code, with `+` if it has changes; null if it is not in a git checkout or is installed in another project. */
function gitCommit(): string | null {
  const git = (...words: string[]) =>
    execFileSync("git", words, {
      cwd: new URL("../../..", import.meta.url),
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    }).trim();
  try {
    git("ls-files", "--error-unmatch", "package.json");
    return (
      git("rev-parse", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+")
    );
  } catch {
    return null;
  }
}
