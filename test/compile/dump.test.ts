import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { dumpInto } from "../../src/compile/dump.js";
import { lower } from "../../src/compile/lower.js";
import { trace } from "../../src/compile/trace/trace.js";
import { DEVICES } from "../../src/runtime/devices.js";
import { inTemporaryFolder } from "../temporary-folder.js";

describe("SQUEEZEBOX_DUMP", () => {
  it("writes the traced graph, the layouts, and the graphs after each pass", () =>
    inTemporaryFolder((folder) => {
      const step = {
        inputs: { x: [8, 4, 4, 8], w: [3, 3, 8, 8] },
        layers: [],
        run: ({ x, w }: Readonly<Record<string, tf.Tensor>>) => ({
          y: tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same")),
        }),
      };
      lower(trace(step, new Map()), { block: 8, ...DEVICES.cpu.kernels }, dumpInto(folder, "a step"));
      const files = readdirSync(join(folder, "a-step")).sort();
      assert.deepEqual(files, [
        ...["01-trace.txt", "02-relu-gradient.txt", "03-hard-sigmoid.txt", "04-pixel-dot.txt"],
        ...["05-scaled-sum.txt", "06-fold-batch-norm.txt", "07-drop-unused.txt", "08-max-mask.txt"],
        ...["09-narrow-conv.txt", "10-gated-batch-norm.txt", "11-gated-gradient.txt", "12-filter-factor.txt"],
        ...["13-join-updates.txt", "14-drop-unused.txt", "15-mixed.txt", "16-layouts.txt", "17-lower.txt"],
        ...["18-fuse.txt", "19-expand-views.txt", "20-join-reshapes.txt", "21-share.txt", "22-order.txt"],
      ]);
      const read = (name: string) => readFileSync(join(folder, "a-step", name), "utf8");
      assert.match(read("01-trace.txt"), /^%\d+ \[8x4x4x8\] = input x$/m);
      assert.match(read("01-trace.txt"), /^%\d+ \[8x4x4x8\] = Relu\(%\d+\)$/m);
      assert.match(read("16-layouts.txt"), /^%\d+ \[8x4x4x8\] blocked = Relu/m);
      assert.match(read("17-lower.txt"), /^v\d+ = nchwc\.Conv\(v\d+, v\d+\) kernel_shape=\[3,3\]/m);
      assert.match(read("17-lower.txt"), /= Relu\(/);
      assert.doesNotMatch(read("18-fuse.txt"), /= Relu\(/);
      assert.match(read("22-order.txt"), /activation=Relu .*\n/);
      assert.match(read("22-order.txt"), /^output y = v\d+ \[8x4x4x8\]$/m);
    }));
});
