// What a user sees of a mistake: file, line and column, the text with a caret, what was meant.

import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { describe, it } from "mocha";
import { type Checked, checkExperiment, type Experiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { type Diagnostic, DiagnosticError, formatDiagnostic, sortDiagnostics } from "../../src/diagnostic.js";

/** Line, column and what the message names, for the only mistake of each text. */
const TABLE: readonly (readonly [text: string, line: number, column: number, named: readonly string[]])[] = [
  [text({ stem: "{ filtres: 8, filters: 8 }" }), 4, 11, ["`filtres`", "`filters`"]],
  [text({ block: "botleneck" }), 6, 16, ['"botleneck"', "`bottleneck`", "basic"]],
  [text({ dataset: "minst" }), 2, 18, ['"minst"', "`mnist`", "synthetic", "idx"]],
  [text({ network: "se: of" }), 7, 7, ['"of"', "`off`", "mapping"]],
  [text({ network: "strideIn: 3X3" }), 7, 13, ['"3X3"', "`3x3`", "1x1"]],
  [text({ training: "{ epoch: 4 }" }), 8, 13, ["`epoch`", "`epochs`"]],
  [text({ training: "{ lr: 0.1 }" }), 8, 13, ["`lr`", "epochs", "optimizer"]],
  [text({ training: "{ epochs: 0 }" }), 8, 21, ["`training.epochs`", ">= 1", "0"]],
  [text({ training: "{ optimizer: { momentum: 0.5 } }" }), 8, 13, ["`training.optimizer`", "`name`"]],
];

interface Parts {
  readonly dataset?: string;
  readonly stem?: string;
  readonly block?: string;
  readonly network?: string;
  readonly training?: string;
}

function text(parts: Parts): string {
  const { dataset = "mnist", stem = "{ filters: 8 }", block = "basic", network = "bias: false" } = parts;
  return `name: e
dataset: { name: ${dataset} }
network:
  stem: ${stem}
  stages:
    - { block: ${block}, filters: 8 }
  ${network}
training: ${parts.training ?? "{}"}
`;
}

function check(text: string, line: number, column: number, named: readonly string[]): void {
  const checked: Checked<Experiment> = checkExperiment(
    longForm(parseSource(text, "configs/e.yaml")),
    "configs",
  );
  assert.equal(checked.ok, false);
  const [diagnostic, ...more] = checked.ok ? [] : sortDiagnostics(checked.diagnostics);
  assert.ok(diagnostic);
  assert.deepEqual(more, []);
  const shown = formatDiagnostic(diagnostic, { color: false });
  const [head = "", ...frame] = shown.split("\n");
  assert.ok(head.startsWith(`configs/e.yaml:${line}:${column} `), head);
  for (const word of named) assert.ok(head.includes(word), `${head} names ${word}`);
  const marked = frame.findIndex((shownLine) => shownLine.startsWith(`> ${line} |`));
  assert.ok((frame[marked] ?? "").endsWith(text.split("\n")[line - 1] ?? ""), shown);
  assert.equal((frame[marked + 1] ?? "").indexOf("^"), "> 1 | ".length + column - 1, shown);
  assert.ok(!shown.includes("\u001b"), "no colour codes");
}

describe("messages", () => {
  for (const [text, line, column, named] of TABLE)
    it(`${text.split("\n")[line - 1]?.trim()}`, () => check(text, line, column, named));

  it("what is named by a text alone is told how it is written", () => {
    const checkHint = (parts: Partial<Record<string, string>>, hint: string) => {
      const { dataset = "{ name: mnist }", optimizer = "{ name: sgd }", attention = "off" } = parts;
      const yaml = `name: e\ndataset: ${dataset}\nnetwork: { stem: { filters: 8 }, attention: ${attention}, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: ${optimizer} }\n`;
      const checked = checkExperiment(longForm(parseSource(yaml, "e.yaml")), ".");
      const messages = checked.ok ? [] : checked.diagnostics.map(({ message }) => message);
      assert.ok(messages.length === 1 && messages[0]?.endsWith(hint), messages.join("\n"));
    };
    checkHint({ dataset: "mnist" }, "; write { name: mnist }");
    checkHint({ dataset: "minst" }, "; write { name: mnist }");
    checkHint({ optimizer: "adam" }, "; write { name: adam }");
    checkHint({ attention: "eca" }, "; write { type: eca }");
    checkHint({ attention: "of" }, "; did you mean `off`?");
  });

  it("two keys in place of one are named", () => {
    const yaml = text({ dataset: "mnist, transforms: { train: [{ flip: {}, randomCrop: {} }] }" });
    const { diagnostics } = checkExperiment(longForm(parseSource(yaml, "e.yaml")), ".") as {
      diagnostics: readonly Diagnostic[];
    };
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      [
        "`dataset.transforms.train.0` must have exactly one key; found `flip`, `randomCrop`; each needs an entry of its own",
      ],
    );
  });

  it("only the head has colours, and the same words", () => {
    const at = { file: "e.yaml", text: "seed: x", line: 1, column: 7, endLine: 1, endColumn: 8 };
    const diagnostic: Diagnostic = {
      code: "wrong-type",
      message: "no number",
      path: ["seed"],
      location: at,
    };
    const [colored, plain] = [true, false].map((color) => formatDiagnostic(diagnostic, { color }));
    assert.notEqual(colored, plain);
    assert.equal(stripVTControlCharacters(colored ?? ""), plain);
  });

  it("syntax errors have the frame of the line they are in", () => {
    assert.throws(
      () => parseSource("name: e\nseed: [1\n\tx", "e.yaml"),
      (error) =>
        error instanceof DiagnosticError &&
        error.diagnostics.every((diagnostic) =>
          formatDiagnostic(diagnostic, { color: false }).includes(`> ${diagnostic.location.line} |`),
        ),
    );
  });
});
