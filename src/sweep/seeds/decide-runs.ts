// Decisions about a sweep that chooses the number of its seeds itself -> states of its runs.

import { join } from "node:path";
import { RUN_STATUSES, type RunState } from "../../records/run-status.js";
import type { ExpandedSweep } from "../expand.js";
import { finishedFingerprint } from "../run-identity.js";
import type { FollowOptions } from "../sweep-options.js";
import type { Run } from "../variant.js";
import { needsReader } from "../work/needs.js";
import type { Signs } from "../work/signs.js";
import { decisionWords } from "./decisions.js";
import { seedPlanOf } from "./seed-plan.js";

export interface Decider {
  /** Looks at the outcomes so far, records which runs are not needed any more, and returns those which it has not returned before. */
  look(signs: Signs): readonly Run[];
  /** Records results of runs that turned out not to be needed just before they ended. */
  close(): void;
}

/** A variant that is still undecided after the last seed has that as the reason of its last run. */
export function decider(
  sweep: ExpandedSweep,
  { folder, states, watcher }: Pick<FollowOptions, "folder" | "states" | "watcher">,
): Decider {
  const plan = seedPlanOf(sweep);
  if (plan === null) return { look: () => [], close: () => {} };
  const { question, compared } = plan;
  const readNeeds = needsReader(folder);
  const said = new Set<string>();
  const isOver = ({ name }: Run) => RUN_STATUSES[states.get(name)?.status ?? "pending"].isOver;
  let seen: object | null = null;
  const look = (signs: Signs) => {
    const needs = readNeeds(plan, signs);
    if (needs === seen) return [];
    seen = needs;
    for (const [variant, decision] of needs.decisions) {
      if (said.has(variant)) continue;
      said.add(variant);
      const words = decisionWords(decision, question);
      watcher.decided?.(variant, words);
      const last = compared.find((one) => one.variant === variant)?.runs.at(-1)?.name ?? "";
      const state = states.get(last);
      if ((decision.verdict === "undecided" || decision.verdict === "wide") && state?.reason === "")
        states.set(last, { ...state, reason: words });
    }
    const left = sweep.runs.filter((run) => needs.unneeded.has(run.fingerprint) && !isOver(run));
    for (const run of left) {
      const state: RunState = { status: "unneeded", reason: needs.unneeded.get(run.fingerprint) ?? "" };
      states.set(run.name, state);
      watcher.ended(run, state);
    }
    return left;
  };
  return {
    look,
    close: () => {
      for (const { name, fingerprint } of sweep.runs)
        if (
          states.get(name)?.status === "unneeded" &&
          finishedFingerprint(join(folder, name)) === fingerprint
        )
          states.set(name, { status: "finished", reason: "" });
    },
  };
}
