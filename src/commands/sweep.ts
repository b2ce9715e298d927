// squeezebox sweep: tunes or halves the variants of a sweep if it asks for that, trains the missing runs, then prints its table.

import { readFileSync } from "node:fs";
import { loadedFacts } from "../experiment/dataset-facts.js";
import { warningOf } from "../present/sentences.js";
import { expandSweep } from "../sweep/expand.js";
import { askedSweep } from "../sweep/load-sweep.js";
import { watchData } from "./data-progress.js";
import { parseEngine } from "./inputs.js";
import { conclude } from "./sweep-end.js";
import { trainStages } from "./sweep-stages.js";
import { type SweepFlags, trainSweep } from "./train-sweep.js";

export async function sweep(file: string, flags: SweepFlags): Promise<number> {
  const engine = parseEngine(flags);
  const data = watchData(flags.json);
  const factsOf = loadedFacts(data.progressed);
  const asked = askedSweep(file, flags);
  const { overrides } = asked;
  // Mistakes in what comes after the stages are found before them.
  await expandSweep(asked.sweep, overrides, factsOf).finally(data.close);
  const decided = await trainStages(asked, { file, flags, engine, factsOf });
  if (typeof decided === "number") return decided;
  const { sweep: own, pending } = decided;
  const expanded = await expandSweep(own, overrides, factsOf);
  const text = withFlags(readFileSync(file, "utf8"), flags);
  const warning = warningOf(expanded);
  return trainSweep(expanded, { text, flags, engine, before: pending, warning, conclude });
}

/** The text of the sweep, preceded by comments with the flags that changed it. */
function withFlags(text: string, { set, seeds, quick }: SweepFlags): string {
  const flags = [
    ...set.map((one) => `--set ${one}`),
    ...(seeds === undefined ? [] : [`--seeds ${seeds}`]),
    ...(quick ? ["--quick"] : []),
  ];
  return flags.map((flag) => `# with ${flag.replaceAll("\n", " ")}\n`).join("") + text;
}
