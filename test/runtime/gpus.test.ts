import assert from "node:assert/strict";
import { afterEach, describe, it } from "mocha";
import { type BackendChoice, type Device, defaultJobs } from "../../src/runtime/devices.js";
import { gpusFor } from "../../src/runtime/gpus.js";

describe("GPUs for runs", () => {
  const before = process.env.CUDA_VISIBLE_DEVICES;
  afterEach(() => {
    if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
    else process.env.CUDA_VISIBLE_DEVICES = before;
  });

  const cases: [visible: string, backend: BackendChoice, device: Device, gpus: string[]][] = [
    ["0,1", "compiled", "cuda", ["0", "1"]],
    ["0, GPU-5f3", "auto", "cuda", ["0", "GPU-5f3"]],
    ["-1", "compiled", "cuda", []],
    ["", "compiled", "cuda", []],
    ["0,1", "compiled", "cpu", []],
    ["0,1", "compiled", "webgpu", []],
    ["0,1", "cpu", "cuda", []],
  ];
  for (const [visible, backend, device, gpus] of cases)
    it(`CUDA_VISIBLE_DEVICES=${visible} --backend ${backend} --device ${device}`, () => {
      process.env.CUDA_VISIBLE_DEVICES = visible;
      assert.deepEqual(gpusFor({ backend, device }), gpus);
    });

  it("are as many as runs at a time", () => {
    const engine = { backend: "compiled", device: "cuda", threads: 1 } as const;
    assert.equal(defaultJobs(engine, ["0", "1", "2"]), 3);
    assert.equal(defaultJobs(engine, []), 1);
  });
});
