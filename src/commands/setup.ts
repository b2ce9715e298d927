// squeezebox setup tensorflow: installs what --backend tensorflow needs, and tries it.

import { InputError } from "../diagnostic.js";
import { tensorFlowFolder } from "../runtime/tensorflow-folder.js";
import { removeTensorFlow, setUpTensorFlow, VARIANTS } from "../setup/tensorflow.js";
import { tryEngine, works } from "../training/try-engine.js";
import { INTERRUPTS, print, printJson, wrapped } from "./output.js";

export interface SetupFlags {
  readonly gpu: boolean;
  readonly remove: boolean;
  readonly json: boolean;
}

export async function setUp(what: string, { gpu, remove, json }: SetupFlags): Promise<number> {
  if (what !== "tensorflow") throw new InputError(`only \`tensorflow\` can be set up; found ${what}`);
  const folder = tensorFlowFolder();
  const say = (text: string) => {
    if (!json) print(text);
  };
  if (remove) {
    const removed = removeTensorFlow();
    if (json) printJson({ folder, removed });
    else print(removed ? `removed ${folder}` : `there is nothing to remove: ${folder} does not exist`);
    return 0;
  }
  const { download, disk } = VARIANTS[gpu ? "gpu" : "cpu"];
  say(wrapped(`about ${download} GB from PyPI and npm, ${disk} GB in ${folder}`));
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const name of INTERRUPTS) process.once(name, stop);
  await setUpTensorFlow({
    gpu,
    signal: stopped.signal,
    onStep: (step, index, of) => say(`${index}/${of} ${step}`),
  });
  for (const name of INTERRUPTS) process.off(name, stop);
  const tried = await tryEngine({ backend: "tensorflow", device: "cpu" });
  if (!works(tried))
    throw new InputError(`TensorFlow has been installed, but does not work: ${tried.reason}`);
  const { engine, stepMs } = tried;
  if (json) printJson({ folder, engine, stepMs });
  else {
    say(wrapped(`${engine} works: a step of SE-ResNet-8 takes ${stepMs.toPrecision(2)} ms`));
    say("use it with --backend tensorflow; --remove removes it");
  }
  return 0;
}
