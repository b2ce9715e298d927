import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { importsIn } from "./imports-in.js";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** tfjs, loaded by `require`. */
const TFJS = ["tfjs-core.cts", "tfjs-layers.cts"];

/** An import may only point to a part further down, or to its own. */
const PARTS = [
  ...["cli.ts", "index.ts", "commands", "analysis", "present", "report", "sweep", "training", "experiment"],
  ...[
    "setup",
    "engine",
    "compile",
    "runtime",
    "model",
    "data",
    "download",
    "records",
    "network",
    "config",
    "statistics",
    "canonical.ts",
    "format.ts",
    "own-version.ts",
  ],
  ...["regular-file.ts", ...TFJS, "suggest.ts", "diagnostic.ts", "diagnostic-codes.ts", "random.ts"],
];

const WITH_TFJS = ["analysis", "training", "engine", "compile", "runtime", "model", ...TFJS];
const PRINTING = ["cli.ts", "commands"];
const WITHOUT_FILES = ["network", "config", "statistics"];
const READERS = ["config/source.ts", "config/schema.ts"];

const PRINTS = /\bconsole\s*\.|\bprocess\s*\.\s*std(out|err)\b|\bprocess\.emitWarning\b/;
const FILES = /^(node:)?fs(\/promises)?$/;

interface SourceFile {
  /** Below src/, with forward slashes. */
  readonly name: string;
  readonly part: string;
  readonly text: string;
  /** What it imports: packages by name, own files below src/. */
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  // AssemblyScript imports files without an extension, and nothing else.
  .filter((name) => /\.c?ts$/.test(name) && !name.includes("/assembly/"))
  .map((name) => {
    const text = readFileSync(SRC + name, "utf8");
    return {
      name,
      part: partOf(name),
      text,
      imports: importsIn(text).map((target) => ownName(name, target)),
    };
  });

function partOf(name: string): string {
  return name.split("/")[0] as string;
}

function ownName(importer: string, target: string): string {
  return target.startsWith(".")
    ? posix.join(posix.dirname(importer), target).replace(/\.(c?)js$/, ".$1ts")
    : target;
}

/** No file of the source breaks the rule. */
function check(rule: (file: SourceFile) => readonly string[]): void {
  assert.deepEqual(
    files.flatMap((file) => rule(file).map((broken) => `${file.name}: ${broken}`)),
    [],
  );
}

describe("imports", () => {
  it("are found", () => {
    assert.ok(files.length > 60 && files.flatMap(({ imports }) => imports).length > 200);
    assert.deepEqual(
      importsIn(
        'import a from "a";\nimport "b";\nimport type {\n c,\n} from "c";\nawait import("d"); require("e")',
      ),
      ["a", "b", "c", "d", "e"],
    );
  });

  it("point down the list of parts", () => {
    check(({ part }) => (PARTS.includes(part) ? [] : [`no place in the list for ${part}`]));
    check(({ part, imports }) =>
      imports.filter(
        (target) =>
          files.some(({ name }) => name === target) &&
          partOf(target) !== part &&
          PARTS.indexOf(partOf(target)) <= PARTS.indexOf(part),
      ),
    );
  });

  it("reach files that exist", () => {
    check(({ imports }) =>
      imports.filter((target) => /\.c?ts$/.test(target) && !files.some(({ name }) => name === target)),
    );
  });

  it("of packages are what an installation without development brings", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    check(({ imports }) =>
      imports.filter((target) => {
        const [name = ""] = /^(@[^/]+\/)?[^/]+/.exec(target) ?? [];
        return !isBuiltin(target) && !/\.c?ts$|\$\{/.test(target) && dependencies[name] === undefined;
      }),
    );
  });

  it("of tfjs are those of the parts that compute", () => {
    check(({ part, imports }) =>
      WITH_TFJS.includes(part)
        ? []
        : imports.filter((target) => target.startsWith("@tensorflow/") || TFJS.includes(target)),
    );
  });

  it("of tfjs for more than its types are those of the files that load it by require", () => {
    const loads = /^import (?!type)[^;]*? from "@tensorflow\/tfjs-(core|layers)";$/m;
    assert.match('import {\n  util,\n} from "@tensorflow/tfjs-core";', loads);
    check(({ text }) => loads.exec(text)?.slice(0, 1) ?? []);
  });

  it("of configurations by networks and data are what an experiment says, not how it is read", () => {
    check(({ part, imports }) =>
      ["network", "data", "model"].includes(part)
        ? imports.filter((target) => target.startsWith("config/") && target !== "config/experiment-spec.ts")
        : [],
    );
  });

  it("of files are not those of the parts that are pure", () => {
    check(({ name, part, imports }) =>
      WITHOUT_FILES.includes(part) && !READERS.includes(name)
        ? imports.filter((target) => FILES.test(target))
        : [],
    );
  });
});

describe("commands that only read configurations", () => {
  /** What a file loads before it runs: neither types nor what is imported when needed. */
  const loadedBy = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    const text = files.find((file) => file.name === name)?.text ?? "";
    for (const [, target = ""] of text.matchAll(/^(?:import|export)(?! type)[^;]*?"([^"]+)"\)?;$/gm))
      loadedBy(ownName(name, target), seen);
    return seen;
  };
  const HEAVY = /^@tensorflow\/|^onnxruntime|^vega/;

  for (const name of ["cli", "commands/validate", "commands/init", "commands/completion"])
    it(`${name} loads neither TensorFlow.js nor ONNX Runtime nor Vega`, () => {
      const loaded = [...loadedBy(`${name}.ts`)];
      assert.ok(loaded.length > 3);
      assert.deepEqual(
        loaded.filter((target) => HEAVY.test(target)),
        [],
      );
    });

  it("while one that trains does", () => {
    assert.ok([...loadedBy("commands/excite.ts")].some((target) => HEAVY.test(target)));
  });
});

describe("printing", () => {
  it("is left to the commands", () => {
    check(({ part, text }) =>
      PRINTING.includes(part) ? [] : text.split("\n").filter((line) => PRINTS.test(line)),
    );
  });
});
