// The files of a large finished sweep whose runs have predictions, as if it had been trained.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../../src/random.js";
import { checksumOf } from "../../src/records/checksum.js";
import { writeCsv } from "../../src/records/csv.js";
import { newPredictions, type Predictions, writePredictions } from "../../src/records/predictions.js";
import { writeRunData } from "../../src/records/run-data.js";
import {
  CONFUSION_COLUMNS,
  EPOCH_COLUMNS,
  PLAN_COLUMNS,
  RESULT_COLUMNS,
  SUMMARY_COLUMNS,
} from "../../src/records/tables.js";
import { confusionRows } from "../../src/training/result-row.js";
import { writeRows } from "../records/write-rows.js";

export interface LargeSweep {
  readonly variants: number;
  readonly seeds: number;
  readonly images: number;
  readonly classes: number;
  readonly epochs: number;
}

export function writeLargeSweep(folder: string, size: LargeSweep): void {
  const random = randomStream("large sweep");
  const plan: object[] = [];
  const summary: object[] = [];
  for (let seed = 1; seed <= size.seeds; seed++)
    for (let variant = 0; variant < size.variants; variant++) {
      const name = `v${variant}`;
      const run = `${name}/seed-${seed}`;
      const path = join(folder, run);
      mkdirSync(path, { recursive: true });
      const predictions = drawPredictions(size, 0.05 + 0.002 * variant);
      const errors = errorsOf(predictions, size);
      const own = {
        ...{ params: 1000 + variant, macs: 1e6, epochs: size.epochs, best_epoch: 1 },
        ...{ train_loss: 0.1, train_error: 0.01, validation_loss: 0.2, validation_error: 0.02 },
        ...{ test_loss: 0.2, test_error_top5: 0, majority_error: 0.9, test_calibration_error: 0.01 },
        ...{ test_error: errors.all, test_balanced_error: errors.all, test_errors_by_class: errors.byClass },
        ...{ seconds: 10, images_per_second: 1000 },
      };
      const fingerprint = `${seed}-${variant}`.padStart(32, "0").replace("-", "a");
      const result = {
        ...{ ...own, fingerprint, params_total: own.params, selected_epoch: size.epochs },
        predictions: writePredictions(join(path, "predictions.npy"), predictions),
      };
      writeCsv(join(path, "result.csv"), RESULT_COLUMNS, [
        { ...result, checksum: checksumOf(RESULT_COLUMNS, [result]) },
      ]);
      writeRunData(join(path, "dataset.json"), {
        ...{ fingerprint: "data", testFingerprint: "test", shape: { height: 8, width: 8, channels: 1 } },
        classNames: Array.from({ length: size.classes }, (_, label) => `class ${label}`),
        normalisation: { mean: [0], deviation: [1] },
        images: { train: 1, validation: 1, test: size.images },
      });
      writeCsv(join(path, "confusion.csv"), CONFUSION_COLUMNS, confusionRows(errors, []));
      writeRows(
        join(path, "epochs.csv"),
        EPOCH_COLUMNS,
        Array.from({ length: size.epochs }, (_, epoch) => ({
          epoch: epoch + 1,
          train_loss: 1 / (epoch + 1),
          validation_loss: 1.1 / (epoch + 1) + 0.01 * random.uniform(),
          train_error: 0.3 / (epoch + 1),
          validation_error: 0.33 / (epoch + 1),
        })),
      );
      plan.push({ run, variant: name, seed, axes: {}, ...own, fingerprint, status: "finished", reason: "" });
      summary.push({ run, variant: name, seed, axes: {}, ...own });
    }
  writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, plan);
  writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, summary);

  function drawPredictions({ images, classes }: LargeSweep, error: number): Predictions {
    const predictions = newPredictions(images);
    for (let image = 0; image < images; image++) {
      const label = image % classes;
      const isWrong = random.uniform() < error;
      predictions.label[image] = label;
      predictions.predicted[image] = isWrong ? (label + 1) % classes : label;
      predictions.confidence[image] = 0.5 + random.uniform() / 2;
      predictions.probability[image] = isWrong ? 0.2 : (predictions.confidence[image] as number);
      predictions.margin[image] = isWrong ? -1 : 1;
    }
    return predictions;
  }
}

function errorsOf({ label, predicted }: Predictions, { classes }: LargeSweep) {
  const counts = Array.from({ length: classes }, () => ({ images: 0, wrong: 0 }));
  for (const [image, one] of label.entries()) {
    const count = counts[one] as { images: number; wrong: number };
    count.images++;
    if (predicted[image] !== one) count.wrong++;
  }
  return {
    all: counts.reduce((sum, { wrong }) => sum + wrong, 0) / label.length,
    byClass: counts.map(({ images, wrong }) => wrong / images),
    confusion: counts.flatMap(({ images, wrong }, one) => [
      { label: one, predicted: one, images: images - wrong },
      { label: one, predicted: (one + 1) % classes, images: wrong },
    ]),
  };
}
