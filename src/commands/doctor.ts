// squeezebox doctor: shows which backends work on this machine, and how to get the others.

import { probeBlockSize } from "../compile/onnx/block-size.js";
import { probeDevice, probeTensorFlow } from "../engine/probe.js";
import { formatTable } from "../format.js";
import { DEVICE_NAMES, DEVICES, defaultJobs } from "../runtime/devices.js";
import { isFound } from "../runtime/find-tensorflow.js";
import { lineWidth, print, printJson } from "./output.js";

interface Finding {
  readonly backend: string;
  readonly works: boolean;
  readonly detail: string;
}

export async function doctor({ json }: { json: boolean }): Promise<number> {
  const block = await probeBlockSize();
  const tensorflow = await probeTensorFlow();
  const jobs = defaultJobs({ backend: "compiled", device: "cpu", threads: 1 }, []);
  const gpu = await Promise.all(
    DEVICE_NAMES.filter((device) => device !== "cpu").map(async (device) => ({
      device,
      reason: await probeDevice(device),
    })),
  );
  const findings: Finding[] = [
    {
      backend: "compiled",
      works: true,
      detail:
        block === null
          ? "ONNX Runtime on the CPU, with plain kernels (this processor has no blocked ones)"
          : `ONNX Runtime on the CPU, with blocked kernels (${block} channels per block)`,
    },
    isFound(tensorflow)
      ? {
          backend: "tensorflow",
          works: true,
          detail: `TensorFlow ${tensorflow.tensorflow} through ${tensorflow.packageName} ${tensorflow.version}, ${tensorflow.hasGpu ? "with a GPU" : "without a GPU: it runs on the CPU"}`,
        }
      : { backend: "tensorflow", works: false, detail: tensorflow.reason },
    ...gpu.map(({ device, reason }) => ({
      backend: `compiled --device ${device}`,
      works: reason === null,
      detail:
        reason === null ? `ONNX Runtime on ${device}` : `${DEVICES[device].needs} (${reason.slice(0, 100)})`,
    })),
    {
      backend: "cpu",
      works: true,
      detail: "the kernels of TensorFlow.js itself: slow, for checking the others",
    },
  ];
  const auto = isFound(tensorflow) && tensorflow.hasGpu ? "tensorflow" : "compiled";
  if (json) {
    printJson({ node: process.version, jobs: jobs, auto, backends: findings });
    return 0;
  }
  print(
    formatTable(
      ["backend", "works", "detail"],
      findings.map(({ backend, works, detail }) => [backend, works ? "yes" : "no", detail]),
      { right: [], width: lineWidth() },
    ),
  );
  print(
    `\nNode ${process.version}, ${jobs} cores: a sweep trains ${jobs} runs at a time\n--backend auto uses ${auto}`,
  );
  return 0;
}
