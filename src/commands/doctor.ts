// squeezebox doctor: shows which engines work on this machine, how fast they are, and how to get the others.

import { formatTable } from "../format.js";
import { DEVICE_NAMES, type Device, defaultJobs, type EngineOptions } from "../runtime/devices.js";
import { gpusFor } from "../runtime/gpus.js";
import { type NotTried, type Tried, tryEngine, withoutFlag, works } from "../training/try-engine.js";
import { autoBackend } from "./auto-backend.js";
import { lineWidth, print, printJson, wrapped } from "./output.js";

type Target = Pick<EngineOptions, "backend" | "device">;

/** `--backend cpu` works everywhere, and its steps would take minutes. */
const TARGETS: readonly Target[] = [
  ...DEVICE_NAMES.map((device): Target => ({ backend: "compiled", device })),
  { backend: "tensorflow", device: "cpu" },
  { backend: "tensorflow-eager", device: "cpu" },
];

export async function doctor({ json }: { json: boolean }): Promise<number> {
  const results: { target: Target; result: Tried | NotTried }[] = [];
  for (const target of TARGETS) {
    if (process.stderr.isTTY) process.stderr.write(`\rtrying ${nameOf(target)} ...\u001b[K`);
    results.push({ target, result: await tryEngine(target) });
  }
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  const { backend: auto, reason } = await autoBackend();
  const engine = { backend: auto, device: "cpu", threads: 1 } as const;
  const jobs = defaultJobs(engine, gpusFor(engine));
  if (json) {
    const engines = results.map(({ target, result }) => ({ ...target, works: works(result), ...result }));
    printJson({ node: process.version, jobs, auto, engines });
    return 0;
  }
  const rows = results.map(({ target, result }) => [
    nameOf(target),
    works(result) ? milliseconds(result.stepMs) : "-",
    works(result) ? result.engine : withoutFlag(result),
  ]);
  print(
    formatTable(["--backend", "ms a step", "engine, or why not"], rows, { right: [1], width: lineWidth() }),
  );
  print("");
  print(wrapped("a step: SE-ResNet-8, 32 images of 28x28, one thread"));
  print(wrapped(`--backend auto uses ${auto}: ${reason}`));
  print(`Node ${process.version}: a sweep trains ${jobs} ${jobs === 1 ? "run" : "runs"} at a time`);
  return 0;
}

function nameOf({ backend, device }: { backend: string; device: Device }): string {
  return device === "cpu" ? backend : `${backend} --device ${device}`;
}

function milliseconds(duration: number): string {
  return duration < 100 ? duration.toPrecision(3) : duration.toFixed(0);
}
