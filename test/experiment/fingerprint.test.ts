import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { fingerprintOf, trajectoryOf } from "../../src/experiment/fingerprint.js";
import { buildNetwork } from "../../src/network/build-network.js";

function identityOf(training: string): [fingerprint: string, trajectory: string] {
  const text = `name: a
dataset: { name: synthetic }
network: { stem: { filters: 8 }, se: { r: 4 }, stages: [{ block: basic, filters: 8 }] }
training: { ${training} }
`;
  const checked = checkExperiment(longForm(parseSource(text, "a.yaml")), ".");
  assert.ok(checked.ok);
  const shape = { height: 8, width: 8, channels: 1 };
  const graph = buildNetwork(checked.value.network, { shape, classes: 10 });
  return [fingerprintOf(checked.value, graph, "data"), trajectoryOf(checked.value, graph, "data")];
}

describe("the fingerprint of a run", () => {
  const plain = identityOf("epochs: 3");

  it("is that of runs that were finished before, as long as MEANING is the same", () =>
    assert.deepEqual(plain, ["556007a9ed5c5a65f550daa69f7fdf23", "535800b4ea11b664f10284dad0f7ed76"]));

  it("contains the precision, unless it is float32", () => {
    assert.deepEqual(identityOf("epochs: 3, precision: float32"), plain);
    for (const precision of ["tf32", "mixed"]) {
      const other = identityOf(`epochs: 3, precision: ${precision}`);
      assert.notEqual(other[0], plain[0]);
      assert.notEqual(other[1], plain[1]);
    }
  });

  it("does not contain what only decides about rounding", () =>
    assert.deepEqual(identityOf("epochs: 3, deterministic: true"), plain));

  it("contains the number of epochs, which the trajectory does not", () => {
    const longer = identityOf("epochs: 4");
    assert.notEqual(longer[0], plain[0]);
    assert.equal(longer[1], plain[1]);
  });
});
