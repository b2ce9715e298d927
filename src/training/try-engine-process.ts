// A process that trains SE-ResNet-8 on random images for a second, and sends how long a step takes.

import { checkExperiment } from "../config/experiment.js";
import { longForm } from "../config/shorthand.js";
import { parseSource } from "../config/source.js";
import { InputError } from "../diagnostic.js";
import { selectEngine } from "../engine/select-engine.js";
import type { BackendChoice, Device } from "../runtime/devices.js";
import { timedSteps } from "./timed-steps.js";
import type { NotTried, Tried } from "./try-engine.js";

const EXPERIMENT = `name: try
dataset: { name: synthetic }
network:
  stem: { filters: 16, stride: 2 }
  stages:
    - { block: basic, filters: 16 }
    - { block: basic, filters: 32, stride: 2 }
    - { block: basic, filters: 64, stride: 2 }
  se: { r: 16 }
`;
const SHAPE = { batch: 32, height: 28, width: 28, channels: 1, classes: 10 };
const SECONDS = 1;

const [backend, device] = process.argv.slice(2) as [BackendChoice, Device];
process.send?.(await result(), () => process.exit());

async function result(): Promise<Tried | NotTried> {
  try {
    return await tried();
  } catch (error) {
    // Other messages are those of libraries, which do not say what to do.
    return { reason: error instanceof InputError ? error.message : "a training step failed" };
  }
}

async function tried(): Promise<Tried> {
  const checked = checkExperiment(longForm(parseSource(EXPERIMENT, "try.yaml")), ".");
  if (!checked.ok) throw new Error("the experiment has mistakes");
  const engine = await selectEngine({ backend, device, threads: 1 });
  const { steps } = await timedSteps(engine, checked.value, SHAPE);
  await steps();
  const times: number[] = [];
  const start = performance.now();
  while (times.length === 0 || performance.now() - start < SECONDS * 1000) times.push(...(await steps()));
  const stepMs = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
  return { engine: engine.facts.description, stepMs };
}
