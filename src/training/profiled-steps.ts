// An experiment -> where the time of its training steps goes, on random images.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Experiment } from "../config/experiment-spec.js";
import { createCompiledEngine } from "../engine/compiled-engine.js";
import { type ProfiledNode, profiledNodes } from "../engine/profile-events.js";
import type { BatchShape } from "./steps.js";
import { timedSteps } from "./timed-steps.js";

export interface ProfiledSteps {
  readonly nodes: readonly ProfiledNode[];
  /** The median duration of a step that is not profiled, in seconds. */
  readonly stepSeconds: number;
  readonly engine: string;
}

interface ProfileOptions {
  readonly threads: number;
  readonly steps: number;
}

/** The first steps take longer than those that follow. */
const WARM_UP = 2;

/** Takes twice as many steps, because being profiled takes time itself. */
export async function profiledSteps(
  experiment: Pick<Experiment, "network" | "training">,
  shape: BatchShape,
  { threads, steps }: ProfileOptions,
): Promise<ProfiledSteps> {
  const folder = mkdtempSync(join(tmpdir(), "squeezebox-profile-"));
  try {
    const timesWith = async (profile?: string) => {
      const engine = await createCompiledEngine({
        ...{ device: "cpu" as const, threads, blocked: true },
        ...(profile === undefined ? {} : { profile }),
      });
      const { steps: next } = await timedSteps(engine, experiment, shape);
      const times: number[] = [];
      for (let count = 0; count < WARM_UP + steps; count++)
        times.push(...(await next()).map((ms) => ms / 1000));
      await engine.dispose();
      return { times: times.slice(WARM_UP).sort((a, b) => a - b), engine: engine.facts.description };
    };
    const { times, engine } = await timesWith();
    await timesWith(join(folder, "step"));
    const [file = ""] = readdirSync(folder);
    const nodes = profiledNodes(join(folder, file), steps);
    return { nodes, stepSeconds: times[Math.floor(times.length / 2)] as number, engine };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
