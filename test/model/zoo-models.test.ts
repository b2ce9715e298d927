import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { useTraceBackend } from "../../src/compile/trace/trace.js";
import { checkExperiment } from "../../src/config/experiment.js";
import { readExperiment } from "../../src/config/extended.js";
import { longForm } from "../../src/config/shorthand.js";
import { describeDataset } from "../../src/data/dataset.js";
import { buildModel } from "../../src/model/build-model.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { complexityOf } from "../../src/network/complexity.js";

const ZOO = "configs/zoo";

// buildModel throws if the weights of the model are not those of the graph.
describe("the tfjs model of every network of the zoo can be built and has the parameters of the graph", () => {
  for (const file of readdirSync(ZOO))
    it(file, () => {
      useTraceBackend();
      const checked = checkExperiment(longForm(readExperiment(`${ZOO}/${file}`)), ZOO);
      if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
      const input = describeDataset(checked.value.dataset);
      assert.ok(input);
      const graph = buildNetwork(checked.value.network, input);
      const { weights, layersModel } = buildModel(graph);
      assert.equal(layersModel.countParams(), complexityOf(graph).params.total);
      for (const weight of weights.values()) weight.dispose();
      tf.disposeVariables();
    });
});
