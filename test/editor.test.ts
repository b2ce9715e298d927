// What editors make of the schemas: the language server completes, explains and checks experiments and sweeps.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { after, before, describe, it } from "mocha";
import { editorSchemas } from "../schemas/editor-schemas.js";
import type { Schema } from "../schemas/json-schema.js";
import { type LanguageServer, startLanguageServer } from "./language-server.js";

const FILE = "configs/new.yaml";
const modeline = (name: string) => `# yaml-language-server: $schema=../schemas/editor/${name}.schema.json\n`;

const EXPERIMENT = modeline("experiment");
const DATASET = `${EXPERIMENT}name: e\ndataset:\n  name: mnist\n`;
const NETWORK = `${DATASET}network:\n  stages:\n    - block: basic\n      filters: 8\n`;
const TRAINING = `${NETWORK}training:\n`;
const SWEEP = `${modeline("sweep")}name: s\n`;
const VARIANT = `${SWEEP}experiment: mnist/se-resnet8.yaml\nvariants:\n  - name: a\n`;
const SET = `${VARIANT}    set:\n`;
const WRITTEN_OUT = `${SWEEP}variants:\n  - name: a\nexperiment:\n`;

const GATES = [
  ...[
    "bam",
    "cbam",
    "constant",
    "coordinate",
    "eca",
    "ese",
    "fca",
    "gc",
    "gct",
    "ge",
    "lct",
    "polarized",
    "psa",
    "random",
  ],
  ...["scse", "se", "shuffled-se", "simam", "sk", "split-attention", "srm", "sse", "triplet"],
];

const DATASETS = ["cifar10", "cifar100", "folder", "idx", "mnist", "npz", "parquet", "synthetic"];

/** All that is offered at the |. */
const VALUES: readonly (readonly [text: string, labels: readonly string[]])[] = [
  [`${EXPERIMENT}dataset:\n  name: |`, DATASETS],
  [`${TRAINING}  optimizer:\n    name: |`, ["adam", "adamw", "sgd"]],
  [`${TRAINING}  schedule:\n    name: |`, ["constant", "cosine", "steps"]],
  [`${NETWORK}  attention:\n    type: |`, GATES],
  [`${NETWORK}  se: |`, ['"off"', "r: 16"]],
  [`${NETWORK}  attention: |`, ['"off"', "type: eca"]],
  [`${NETWORK}  stem: |`, ["none"]],
  [`${NETWORK}  strideIn: |`, ["1x1", "3x3"]],
  [`${NETWORK}  bias: |`, ["false", "true"]],
  [
    `${DATASET}  transforms:\n    train:\n      - resize:\n          interpolation: |`,
    ["area", "bicubic", "bilinear"],
  ],
  [
    `${NETWORK}    - block: |`,
    ["basic", "bottleneck", "convnext", "inverted-bottleneck", "preact-basic", "preact-bottleneck"],
  ],
  [`${SWEEP}experiment: |`, ["mnist/se-resnet8.yaml"]],
  [`${WRITTEN_OUT}  dataset:\n    name: |`, DATASETS],
  [`${SET}      network.se: |`, ['"off"', "null", "r: 16"]],
  [`${SET}      network.se.squeeze: |`, ["avg", "max", "none", "null"]],
  [`${SET}      network.stages.0.shortcut: |`, ["avg-projection", "null", "projection", "zero-pad"]],
  [`${SET}      training.optimizer.name: |`, ["adam", "adamw", "null", "sgd"]],
  [`${SET}      network.attention:\n        type: |`, GATES],
  [`${VARIANT}    match:\n      by: |`, ["depth", "width"]],
];

/** Among others: keys and what they insert. */
const KEYS: readonly (readonly [text: string, inserted: Readonly<Record<string, string>>])[] = [
  [`${EXPERIMENT}|`, { dataset: "dataset:\n  ", network: "network:\n  ", seed: "seed: ${1:1}" }],
  [
    `${EXPERIMENT}dataset:\n  name: idx\n  |`,
    { directory: "directory: ${1:/usr/share/datasets/fashion-mnist}" },
  ],
  [`${EXPERIMENT}dataset:\n  name: synthetic\n  |`, { size: "size: ${1:8}" }],
  [
    `${DATASET}network:\n  |`,
    { se: "se:\n  r: 16", attention: "attention:\n  type: eca", head: "head:\n  " },
  ],
  [`${DATASET}  transforms:\n    train:\n      - |`, { rotate: "rotate:\n    degrees: " }],
  [`${DATASET}network:\n  stem:\n    |`, { filters: "filters: ${1:64}", kernel: "kernel: ${1:3}" }],
  [`${NETWORK}      |`, { r: "r: ${1:16}", stride: "stride: ${1:2}", kernels: "kernels:\n  - ${1:3}" }],
  [`${NETWORK}    - modules:\n        - |`, { shuffle: "shuffle: ${1:3}", dropout: "dropout: ${1:0.5}" }],
  [`${NETWORK}    - modules:\n        - conv:\n            |`, { filters: "filters: ${1:64}" }],
  [`${NETWORK}  se:\n    |`, { r: "r: ${1:16}" }],
  [`${TRAINING}  |`, { optimizer: "optimizer:\n  ", epochs: "epochs: ${1:10}" }],
  [`${TRAINING}  optimizer:\n    name: sgd\n    |`, { momentum: "momentum: ${1:0.9}" }],
  [`${SWEEP}|`, { variants: "variants:\n  - name: ", compare: "compare:\n  " }],
  [`${VARIANT}    |`, { set: "set:\n  ", grid: "grid:\n  r: [2, 4, 8, 16]", match: "match:\n  " }],
  [`${WRITTEN_OUT}  |`, { dataset: "dataset:\n  ", training: "training:\n  " }],
  [`${WRITTEN_OUT}  network:\n    |`, { se: "se:\n  r: 16" }],
  [
    `${SET}      |`,
    {
      "network.se": "network.se:\n  r: 16",
      "network.se.r": "network.se.r: ${1:16}",
      "network.stages.0.stride": "network.stages.0.stride: ${1:2}",
      "training.optimizer.learningRate": "training.optimizer.learningRate: ",
    },
  ],
  [`${SET}      network.se:\n        |`, { r: "r: ${1:16}" }],
];

/** At the | is a word that is explained so. */
const HOVERS: readonly (readonly [text: string, words: string])[] = [
  [`${TRAINING}  ep|ochs: 3`, "Number of passes over the training images. Default: `10`."],
  [`${TRAINING}  opti|mizer:\n    name: sgd`, "Stochastic gradient descent"],
  [`${NETWORK}  se|:\n    r: 4`, "Squeeze-and-Excitation in every block"],
  [`${NETWORK}  se:\n    r|: 4`, "Reduction ratio: C channels are squeezed to"],
  [`${SET}      network.se|.r: \${r}`, "Reduction ratio: C channels are squeezed to"],
  [
    `${WRITTEN_OUT}  se|ed: 3`,
    "Determines the initial weights, the order of the data, augmentation and dropout.",
  ],
];

/** ‹message› stands before what it is about. */
const MISTAKES: readonly string[] = [
  `${NETWORK}‹Property sed is not allowed.›sed: 1`,
  `${EXPERIMENT}name: e\nnetwork:\n  stages:\n    - block: basic\n‹Missing property "name".›dataset:\n  validation: 9`,
  `${NETWORK.replace("mnist", '‹Value must be "mnist" | "idx" | "cifar10" | "cifar100" | "npz" | "parquet" | "folder" | "synthetic".›minst')}`,
  `${NETWORK}  se: ‹Value must be "off".›of`,
  `${NETWORK}  se:\n    ‹Property ratio is not allowed.›ratio: 4`,
  `${NETWORK}  se:\n    r: ‹Value is below the minimum of 1.›0`,
  `${NETWORK}  attention:\n    type: eca\n    ‹Property r is not allowed.›r: 4`,
  `${NETWORK}      kernels: [3, ‹Value is below the minimum of 1.›0]`,
  `${TRAINING}  epochs: ‹Incorrect type. Expected "integer".›five`,
  `${WRITTEN_OUT}  ‹Property datset is not allowed.›datset: 1`,
  `${WRITTEN_OUT}  network:\n    stages: ‹Array has too few items. Expected 1 or more.›[]`,
  `${SWEEP}variants:\n  - name: a\nexperiment: ‹Incorrect type. Expected "string".›3`,
  `${SET}      ‹Property network.sse is not allowed.›network.sse: off`,
  `${SET}      ‹Property network.stages.1.filtres is not allowed.›network.stages.1.filtres: 8`,
  `${SET}      network.se: ‹Value must be "off".›of`,
  `${SET}      network.se.r: ‹Value is below the minimum of 1.›0`,
  `${SET}      network.stages.1.r: ‹Value is below the minimum of 1.›0`,
  `${SET}      network.se:\n        r: ‹Value is below the minimum of 1.›0`,
  `${SET}      ‹Missing property "name".›training.optimizer:\n        momentum: 0.5`,
];

/** Variants may set all this. */
const SETTABLE: readonly string[] = [
  "network.se: off",
  "network.se.r: ${r}",
  "network.se.r: 'x${r}'",
  "network.se: { r: '${r}', gate: '${gate}' }",
  "network.attention: { type: '${type}', r: 4 }",
  "network.stages.0.filters: 8",
  "network.stages.0.filters.1: 8",
  "network.stages.12.attention.type: eca",
  "network.stages.${stage}.se: { r: 16 }",
  "network.stages.0.modules.1.conv.filters: 8",
  "network.stages: [{ block: '${block}', filters: [8, '${width}'] }]",
  "network.stem.convs.0.kernel: 3",
  "network.**.attention: off",
  "network.se.gate: null",
  "network.stem: ~",
  "training: { optimizer: { name: 'adam${w}', learningRate: '${rate}' } }",
  "training.schedule.at: [30, '${last}']",
  "training.${key}: 7",
  "dataset.name: ${data}",
];

const CONFIGS = readdirSync("configs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => `configs/${name}`);

const MARK = /‹([^›]+)›/g;

/** Message, line and column of each mark. */
function marks(text: string): [string, number, number][] {
  return Array.from(text.matchAll(MARK), ({ 1: message = "", index }) => {
    const lines = text.slice(0, index).replace(MARK, "").split("\n");
    return [message, lines.length, (lines.at(-1) ?? "").length + 1];
  });
}

/** Names a text by what it ends with. */
const endOf = (text: string) =>
  text
    .split("\n")
    .slice(-2)
    .map((line) => line.trim())
    .join(" / ");

describe("the language server", () => {
  let server: LanguageServer;
  before(async () => {
    server = await startLanguageServer();
  });
  after(() => server.stop());

  const diagnose = async (text: string, file: string) => {
    const found = await server.diagnose(text, file);
    return found.map(({ message, range: { start } }) => [message, start.line + 1, start.character + 1]);
  };
  const checkMistakes = async (marked: string, file = FILE) =>
    assert.deepEqual(await diagnose(marked.replace(MARK, ""), file), marks(marked));

  for (const [text, expected] of VALUES)
    it(`offers the values of ${endOf(text)}`, async () => {
      const labels = (await server.complete(text, FILE)).map(({ label }) => label);
      assert.deepEqual(labels.sort(), expected);
    });
  for (const [text, expected] of KEYS)
    it(`offers the keys of ${endOf(text)}`, async () => {
      const items = await server.complete(text, FILE);
      const inserted = Object.fromEntries(items.map(({ label, insertText }) => [label, insertText]));
      assert.deepEqual({ ...inserted, ...expected }, inserted);
      assert.ok(!items.some(({ label, insertText }) => `${label}${insertText}`.includes("[object")));
    });
  for (const [text, words] of HOVERS)
    it(`explains ${endOf(text)}`, async () => {
      const shown = await server.hover(text, FILE);
      assert.ok(shown.includes(words), shown);
    });
  for (const marked of MISTAKES) it(`finds ${endOf(marked)}`, () => checkMistakes(marked));

  it("accepts what variants may set", async () => {
    const found = await Promise.all(SETTABLE.map((line) => diagnose(`${SET}      ${line}`, FILE)));
    assert.deepEqual(
      SETTABLE.filter((_, at) => found[at]?.length !== 0),
      [],
    );
  });

  it("finds nothing in what ships", async () => {
    const found = await Promise.all(CONFIGS.map((file) => diagnose(readFileSync(file, "utf8"), file)));
    assert.deepEqual(found.flat(), []);
  });
  it("reads the schema of all that ships", async () => {
    await Promise.all(
      CONFIGS.map((file) =>
        checkMistakes(`${readFileSync(file, "utf8")}‹Property sed is not allowed.›sed: 1`, file),
      ),
    );
  });
});

describe("schemas for editors", () => {
  const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}`, "utf8")) as Schema;
  const schemas = editorSchemas(read("experiment.schema.json"), read("sweep.schema.json"));
  const names = Object.keys(schemas);

  for (const name of names)
    it(`${name} is that of \`npm run types\``, () =>
      assert.deepEqual(JSON.parse(JSON.stringify(schemas[name])), read(`editor/${name}`)));

  it("lead to no value that is not valid", () => {
    const ajv = new Ajv({ strict: false, schemas });
    const inserted = names.flatMap((name) => insertedBy(read(`editor/${name}`), `${name}#`));
    assert.ok(inserted.length > 200);
    assert.deepEqual(
      inserted.filter(({ place, value }) => !ajv.validate({ $ref: place }, value)),
      [],
    );
  });
});

interface Inserted {
  readonly place: string;
  readonly value: unknown;
}

/** What the server writes for the keys and items of a schema; it knows nothing better than 0 for a number. */
function insertedBy(schema: Schema, place: string): Inserted[] {
  const { default: fallback, examples = [], type, enum: listed } = schema;
  const known = [...(fallback === undefined ? [] : [fallback]), ...(examples as readonly unknown[])];
  const isNumber = (type === "number" || type === "integer") && !listed;
  const guessed = known.length === 0 && isNumber && /\/(properties\/[^/]*|items)$/.test(place) ? [0] : [];
  const inner = Object.entries(schema).flatMap(([key, part]) =>
    typeof part === "object" && part !== null
      ? insertedBy(
          part as Schema,
          `${place}/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`,
        )
      : [],
  );
  return [...[...known, ...guessed].map((value) => ({ place, value })), ...inner];
}
