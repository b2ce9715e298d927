// squeezebox status: shows how far a sweep is, from its files.

import { formatDuration, formatTable } from "../format.js";
import { type RunStatusNow, readStatus } from "../report/sweep-status.js";
import { slurmWorkers } from "../sweep/launch/slurm.js";
import { slurmOutputs } from "../sweep/launch/slurm-jobs.js";
import { lineWidth, print, printError, printJson } from "./output.js";
import { workersWords } from "./progress.js";

export async function status(folder: string, { json }: { readonly json: boolean }): Promise<number> {
  const { runs, secondsLeft, damaged } = readStatus(folder);
  const workers = await slurmWorkers(folder);
  if (json) {
    printJson({ folder, runs: runs.map(recordOf), workers, secondsLeft, damaged });
    return 0;
  }
  const left = secondsLeft === null ? "" : `; about ${formatDuration(secondsLeft)} left`;
  print(`${countsOf(runs)}${left}`);
  if (workers !== null) print(workersWords(workers));
  const outputs = slurmOutputs(folder);
  if (outputs !== null) print(`output of workers: ${outputs}`);
  const running = runs.filter(({ sign }) => sign !== null);
  if (running.length > 0) print(`\n${runningTable(running)}`);
  const failed = runs.filter(({ status: one }) => one === "failed");
  if (failed.length > 0)
    print(`\n${failed.map(({ run, reason }) => `failed: ${run}: ${reason}`).join("\n")}`);
  for (const problem of damaged) printError(problem);
  return 0;
}

/** `9 of 15 runs finished, 3 running, 3 waiting` */
function countsOf(runs: readonly RunStatusNow[]): string {
  const count = (status: RunStatusNow["status"]) => runs.filter((run) => run.status === status).length;
  const others = (["failed", "unneeded", "stopped", "running", "waiting", "pending"] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `, ${count(status)} ${status}`);
  return `${count("finished")} of ${runs.length} runs finished${others.join("")}`;
}

function runningTable(runs: readonly RunStatusNow[]): string {
  const rows = runs.map(({ run, sign, silentFor }) => {
    const { epoch, epochs, loss, imagesPerSecond } = sign?.progress ?? {};
    const has = epoch !== undefined && loss !== undefined;
    return [
      run,
      sign?.worker ?? "",
      has ? `${epoch}/${epochs}` : "",
      has ? loss.toFixed(3) : "",
      imagesPerSecond === undefined ? "" : String(Math.round(imagesPerSecond)),
      silentFor === null ? "" : `${formatDuration(silentFor)} ago`,
    ];
  });
  return formatTable(["run", "worker", "epoch", "loss", "images/s", "last seen"], rows, {
    right: [2, 3, 4, 5],
    width: lineWidth(),
  });
}

function recordOf({ run, status: state, reason, sign, silentFor }: RunStatusNow): object {
  return {
    run,
    status: state,
    reason,
    worker: sign?.worker ?? null,
    progress: sign?.progress ?? null,
    silentFor,
  };
}
