// squeezebox init: writes an experiment and a sweep to start from.

import { existsSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { guessedKind } from "../data/guess.js";
import { loadIdx } from "../data/sources/idx.js";
import { InputError } from "../diagnostic.js";
import { makeFolder } from "../records/files.js";
import { print, printJson } from "./output.js";

export interface InitFlags {
  /** A folder with IDX files; MNIST if it is not given. */
  readonly data?: string;
  /** The prefix of the file names, for a folder that holds several datasets. */
  readonly prefix?: string;
  readonly json: boolean;
}

const SCHEMAS = fileURLToPath(new URL("../../../schemas/editor/", import.meta.url));

/** Writes experiment.yaml and sweep.yaml. Never overwrites a file. */
export async function init(given: string | undefined, { json, ...data }: InitFlags): Promise<number> {
  const folder = given ?? ".";
  const files = [
    [join(folder, "experiment.yaml"), experiment(folder, data)],
    [join(folder, "sweep.yaml"), sweep(folder)],
  ] as const;
  const there = files.filter(([file]) => existsSync(file)).map(([file]) => file);
  if (there.length > 0)
    throw new InputError(
      `${there.join(" and ")} already ${there.length > 1 ? "exist" : "exists"}; nothing was written`,
    );
  makeFolder(folder);
  for (const [file, text] of files) writeFileSync(file, text, { flag: "wx" });
  const names = files.map(([file]) => file);
  if (json) printJson({ files: names });
  else
    print(
      [
        `wrote ${names.join(" and ")}`,
        "",
        "for a first look, in under a minute:",
        `  npx squeezebox sweep ${names[1]} --quick`,
        "for the comparison itself:",
        `  npx squeezebox sweep ${names[1]}`,
      ].join("\n"),
    );
  return 0;
}

function schemaLine(folder: string, name: string): string {
  const path = relative(resolve(folder), join(SCHEMAS, `${name}.schema.json`)).replaceAll("\\", "/");
  return `# yaml-language-server: $schema=${path}`;
}

function experiment(folder: string, data: Omit<InitFlags, "json">): string {
  return `${schemaLine(folder, "experiment")}
# One network and its training. Editors explain every key (docs/editors.md); docs/keys.md lists them all.
name: ${nameOf(folder)}-network
dataset:
${indented(datasetOf(folder, data))}
network:
  stem:
    filters: 16
    kernel: 3
    stride: 2
  stages:                 # add stages, or blocks with repeat
    - block: basic
      filters: 16
    - block: basic
      filters: 32
      stride: 2
    - block: basic
      filters: 64
      stride: 2
  se:
    r: 16                 # reduces C channels to C / r
training:
  epochs: 4
  batchSize: 128
  optimizer:
    name: sgd
    learningRate: 0.1
  schedule:
    name: cosine
    warmup: 1
`;
}

/** The name of the folder as a valid name, so that sweeps in different folders have different results. */
function nameOf(folder: string): string {
  return (
    basename(resolve(folder))
      .replace(/[^\p{L}\p{N}_-]+/gu, "-")
      .replace(/^[^\p{L}\p{N}]+/u, "")
      .slice(0, 40) || "sweep"
  );
}

/** The size to which the images of a folder are brought, which need not be equal. */
const SIZE = 32;

function datasetOf(folder: string, { data, prefix }: Omit<InitFlags, "json">): object {
  if (data === undefined) return { name: "mnist", validation: 1000 };
  const { name, ...where } = guessedKind(data);
  const isNear = !relative(".", data).startsWith("..");
  const path = isNear ? relative(resolve(folder), resolve(data)) || "." : resolve(data);
  const own = { name, ...Object.fromEntries(Object.keys(where).map((key) => [key, path])) };
  if (name === "folder" || name === "parquet") {
    const resize = { resize: { size: [SIZE, SIZE] } };
    return { ...own, transforms: { train: [resize, { flip: {} }], test: [resize] } };
  }
  if (name !== "idx") return { ...own, validation: 0.1 };
  // Reads the data, so that mistakes in the folder are found now, not in the first run.
  loadIdx({ directory: data, prefix: prefix ?? "auto", transpose: false });
  return { ...own, ...(prefix === undefined ? {} : { prefix }), validation: 0.1 };
}

function indented(value: object): string {
  return stringify(value)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function sweep(folder: string): string {
  return `${schemaLine(folder, "sweep")}
# Which gate helps this network? Every variant is trained with every seed and compared with the plain network.
name: ${nameOf(folder)}
experiment: experiment.yaml
variants:
  - name: plain
    set:
      network.se: off
  - name: se
  - name: eca
    set:
      network.attention:
        type: eca
  - name: cbam
    set:
      network.attention:
        type: cbam
        r: 16
seeds: [1, 2, 3, 4, 5, 6, 7, 8]
compare:
  baseline: plain
  metric: test_error
`;
}
