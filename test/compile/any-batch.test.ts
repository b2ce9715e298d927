import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { OnnxBuilder } from "../../src/compile/onnx/builder.js";
import { ANY_BATCH, TELLTALE_BATCH } from "../../src/compile/passes/any-batch.js";
import { InputError } from "../../src/diagnostic.js";
import { graph } from "./nodes.js";

describe("the pass any-batch", () => {
  /** Checks the numbers of the node's input at `index` after the pass; null: the pass must fail. */
  const check = (type: string, ints: readonly number[], expected: readonly number[] | null, index = 1) => {
    const builder = new OnnxBuilder();
    const inputs = Array.from({ length: index + 1 }, (_, at) =>
      at === index ? builder.ints(ints) : `x${at}`,
    );
    builder.op(type, inputs);
    if (expected === null) {
      assert.throws(() => ANY_BATCH.run(graph(builder.nodes), builder), InputError);
      return;
    }
    const [node] = ANY_BATCH.run(graph(builder.nodes), builder).nodes;
    assert.deepEqual(builder.constant(node?.inputs[index] ?? "")?.ints, expected);
  };
  const N = TELLTALE_BATCH;

  it("lets a reshape infer the number of images", () => {
    check("Reshape", [N, 8, 8, 3], [-1, 8, 8, 3]);
    check("Reshape", [1, 3 * N, 4], [1, -1, 4]);
    check("Reshape", [2, 0, 3], [2, 0, 3]);
  });
  it("lets a slice continue to the last image", () => check("Slice", [N, 4], [2 ** 31 - 1, 4], 2));
  it("refuses nodes that need the number", () => {
    check("Reshape", [N, 2 * N], null);
    check("Tile", [N, 1], null);
    check("Slice", [N, 1], null, 1);
  });
});
