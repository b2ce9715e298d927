// The epochs of a run that are missing -> its rows, checkpoints and log. Continues where an earlier attempt was interrupted.

import { mostEpochs, type TrainingSpec } from "../config/experiment-spec.js";
import { InputError } from "../diagnostic.js";
import type { Engine } from "../engine/engine.js";
import { formatPercent } from "../format.js";
import { checksumOf } from "../records/checksum.js";
import { writeCsv } from "../records/csv.js";
import { appendEvents, startEvents } from "../records/event-file.js";
import { logLine } from "../records/run-folder.js";
import { EPOCH_COLUMNS, type EpochRow } from "../records/tables.js";
import { evaluatedWeights } from "./averages.js";
import { type Checkpoint, writeCheckpoint } from "./checkpoint.js";
import { DivergedError } from "./failed-run.js";
import { round } from "./result-row.js";
import { bestEpoch, lastEpochOf, resumePoint } from "./resume.js";
import type { RunOptions } from "./run-options.js";
import { startingWeights } from "./starting-weights.js";
import type { Trainer } from "./trainer.js";

export interface RunParts {
  readonly trainer: Trainer;
  readonly engine: Engine;
  readonly trajectory: string;
}

/** Trains the missing epochs, and returns the rows of all epochs. */
export async function trainEpochs(
  { trainer, engine, trajectory }: RunParts,
  options: RunOptions,
): Promise<readonly EpochRow[]> {
  const { experiment, dataset, folder } = options;
  const { select } = experiment.training;
  const { shapes } = trainer;
  const lastEpoch = (rows: readonly EpochRow[]) => lastEpochOf(experiment.training, rows);
  const { backend } = engine;
  const selects = select === "validation";
  // The bytes of the file are the same whether it is written after its epoch or when the run is resumed.
  const keepBest = (best: Omit<Checkpoint, "rows">) =>
    writeCheckpoint(
      folder.bestCheckpoint,
      { ...best, state: evaluatedWeights(best.state), rows: "" },
      { shapes },
    );
  const { checkpoint, rows } = resumePoint(folder, { trajectory, shapes, selects, lastEpoch });
  // The run may have been killed between writing the last and the best checkpoint.
  if (checkpoint && selects && bestEpoch(rows) === checkpoint.epoch) keepBest(checkpoint);
  if (checkpoint && checkpoint.backend !== engine.backend)
    throw new InputError(
      `its first ${checkpoint.epoch} epochs were trained with --backend ${checkpoint.backend}: continue with that, or remove ${folder.path} to train it from the beginning with --backend ${engine.backend}`,
    );
  if (checkpoint) engine.writeState(checkpoint.state);
  const given = checkpoint ? null : startingWeights(options);
  const finished = checkpoint?.epoch ?? 0;
  logLine(
    folder,
    `${finished > 0 ? `continues after epoch ${finished}` : "starts"} on ${engine.facts.description}`,
  );
  const note = noteOnLastBatch(dataset.train.count, experiment.training);
  if (note !== null) logLine(folder, note);
  const events = options.tensorboard ? startEvents(folder.path, rows, seconds()) : null;
  if (finished < lastEpoch(rows))
    await Promise.all([given && trainer.initialise(given), trainer.prepare(dataset.validation)]);
  for (let epoch = finished + 1; epoch <= lastEpoch(rows); epoch++) {
    const row = await runEpoch(trainer, epoch, options);
    rows.push(row);
    options.beforeWriting?.();
    writeCsv(folder.epochs, EPOCH_COLUMNS, rows);
    const state = await engine.readState();
    // The epoch counts as finished once this checkpoint is written.
    writeCheckpoint(
      folder.lastCheckpoint,
      { state, epoch, trajectory, backend, rows: checksumOf(EPOCH_COLUMNS, rows) },
      { shapes, previous: folder.previousCheckpoint },
    );
    if (selects && bestEpoch(rows) === epoch) keepBest({ state, epoch, trajectory, backend });
    if (events !== null) appendEvents(events, row, seconds());
    logLine(folder, `epoch ${epoch}: ${describeEpoch(row)}`);
  }
  if (rows.length < experiment.training.epochs) logLine(folder, `stops early, after epoch ${rows.length}`);
  return rows;
}

/** What is unusual about the last batch of each epoch; null if nothing is. */
function noteOnLastBatch(images: number, { batchSize, dropLast }: TrainingSpec): string | null {
  const left = images % batchSize;
  if (dropLast && left > 0)
    return `each epoch leaves out ${left} of ${images} images, because dropLast is set`;
  if (left === 1 && images > 1)
    return "the single image left over at the end of an epoch joins the batch before it";
  return null;
}

async function runEpoch(
  trainer: Trainer,
  epoch: number,
  { experiment, dataset, onProgress }: RunOptions,
): Promise<EpochRow> {
  const epochs = mostEpochs(experiment.training);
  const start = performance.now();
  const secondsSince = () => (performance.now() - start) / 1000;
  const train = await trainer.trainEpoch(epoch, (progress) => {
    onProgress({
      ...progress,
      epoch,
      epochs,
      imagesPerSecond: progress.images / secondsSince(),
      done: (epoch - 1 + progress.step / progress.steps) / epochs,
    });
  });
  const trainSeconds = secondsSince();
  const validation = await trainer.evaluate(dataset.validation);
  if (!Number.isFinite(validation.loss))
    throw new DivergedError(
      `the validation loss became ${validation.loss} in epoch ${epoch}; try a lower training.optimizer.learningRate`,
    );
  return {
    epoch,
    step: train.step,
    learning_rate: train.learningRate,
    train_loss: train.loss,
    train_error: train.error,
    validation_loss: validation.loss,
    validation_error: validation.error,
    seconds: round(secondsSince()),
    images_per_second: round(train.images / trainSeconds),
  };
}

function describeEpoch(row: EpochRow): string {
  return `train loss ${row.train_loss.toFixed(4)}, validation loss ${row.validation_loss.toFixed(4)}, validation error ${formatPercent(row.validation_error)}, ${row.images_per_second} images/s`;
}

/** Seconds since 1970. */
function seconds(): number {
  return Date.now() / 1000;
}
