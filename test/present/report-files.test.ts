// The files beside a report: evidence by test image, figures for papers, and the paragraph on methods.

import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { parse } from "yaml";
import { report } from "../../src/commands/report.js";
import { readCsv } from "../../src/records/csv.js";
import { readPredictions } from "../../src/records/predictions.js";
import { CLASS_COLUMNS, EVIDENCE_COLUMNS } from "../../src/records/report-tables.js";
import { readResult } from "../../src/records/run-folder.js";
import { EPOCH_COLUMNS } from "../../src/records/tables.js";
import { start, writeSweepFile } from "../sweep/run-cli.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { writeLargeSweep } from "./large-sweep.js";

const ONCE = { json: true, watch: false, port: 0 };

/** A sweep in which `slow` learns nothing, so that it loses images. */
const inSweep = (use: (results: string, folder: string) => Promise<void>, ...words: string[]) =>
  inTemporaryFolder(async (folder) => {
    const slow = { name: "slow", set: { "training.optimizer.learningRate": 1e-6 } };
    const se = { name: "se-r2", set: { "network.se": { r: 2 } } };
    const text = { name: "s", variants: [{ name: "plain" }, slow, se], seeds: [1, 2, 3], epochs: 3 };
    writeSweepFile(folder, { ...text, images: 400 });
    const { code, errors } = await start(folder, "sweep", "s.yaml", "--jobs", "2", ...words).ended;
    assert.equal(code, 0, errors);
    await use(join(folder, "runs", "s"), folder);
  });

const predictionsIn = (results: string, variant: string) =>
  [1, 2, 3].map((seed) => {
    const run = join(results, variant, `seed-${seed}`);
    return readPredictions(join(run, "predictions.npy"), readResult(run)?.predictions ?? "");
  });

/** The values of a folder of MLflow's store, by file name. */
const filesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

describe("the files of a report", function () {
  this.timeout(120_000);

  it("include MLflow's store, which has what the tables say", () =>
    inSweep(async (results) => {
      const stores = [1, 2].map(async () => {
        assert.equal(await report([results], { ...ONCE, track: "mlflow" }), 0);
        // As a run of a variant that has been renamed would be.
        const [first = ""] = readdirSync(join(results, "mlruns"));
        cpSync(
          join(results, "mlruns", first, readdirSync(join(results, "mlruns", first))[0] as string),
          join(results, "mlruns", first, "0".repeat(32)),
          { recursive: true },
        );
        assert.equal(await report([results], { ...ONCE, track: "mlflow" }), 0);
        const [experiment = ""] = readdirSync(join(results, "mlruns"));
        return join(results, "mlruns", experiment);
      });
      const [store = "", again] = [await stores[0], await stores[1]];
      assert.equal(store, again);
      const { name, experiment_id } = parse(readFileSync(join(store, "meta.yaml"), "utf8"));
      assert.deepEqual([name, store.endsWith(`/${experiment_id}`)], ["s", true]);
      const runs = readdirSync(store).filter((entry) => entry !== "meta.yaml");
      const found = runs.map((id) => {
        const folder = join(store, id);
        const meta = parse(readFileSync(join(folder, "meta.yaml"), "utf8"));
        assert.deepEqual([meta.run_id, meta.status, meta.experiment_id], [id, 3, experiment_id]);
        const [tags, params, metrics] = ["tags", "params", "metrics"].map((part) =>
          filesIn(join(folder, part)),
        );
        const path = join(results, meta.run_name);
        const epochs = readCsv(join(path, "epochs.csv"), EPOCH_COLUMNS)?.rows ?? [];
        const steps =
          metrics?.validation_error
            ?.trim()
            .split("\n")
            .map((line) => line.split(" ").map(Number)) ?? [];
        assert.deepEqual(
          steps.map(([, value, step]) => [step, value]),
          epochs.map(({ epoch, validation_error }) => [epoch, validation_error]),
        );
        assert.ok(steps.every(([time = 0]) => time >= meta.start_time && time <= meta.end_time));
        assert.equal(Number(metrics?.test_error?.split(" ")[1]), readResult(path)?.test_error);
        assert.equal(tags?.["mlflow.runName"], meta.run_name);
        assert.ok(readdirSync(join(folder, "artifacts")).includes("config.yaml"));
        return `${meta.run_name} ${params?.variant} ${params?.seed} ${params?.["training.optimizer.learningRate"]}`;
      });
      const expected = ["plain", "slow", "se-r2"].flatMap((variant) =>
        [1, 2, 3].map(
          (seed) => `${variant}/seed-${seed} ${variant} ${seed} ${variant === "slow" ? 1e-6 : 0.05}`,
        ),
      );
      assert.deepEqual(found.sort(), expected.sort());
    }));

  it("say what runs predict, as their predictions do", () =>
    inSweep(async (results) => {
      assert.equal(await report([results], ONCE), 0);
      const rows = readCsv(join(results, "evidence.csv"), EVIDENCE_COLUMNS)?.rows ?? [];
      const [plain, slow, se] = ["plain", "slow", "se-r2"].map((name) => predictionsIn(results, name));
      const images = [...(plain?.[0]?.label.keys() ?? [])];
      const allRight = (runs: typeof plain, image: number) =>
        runs?.every(({ label, predicted }) => label[image] === predicted[image]);
      const noneRight = (runs: typeof plain, image: number) =>
        runs?.every(({ label, predicted }) => label[image] !== predicted[image]);
      for (const [name, own] of [
        ["slow", slow],
        ["se-r2", se],
      ] as const) {
        const row = rows.find(({ variant }) => variant === name);
        assert.deepEqual(
          row?.lost,
          images.filter((image) => allRight(plain, image) && noneRight(own, image)),
        );
        assert.deepEqual(
          row?.gained,
          images.filter((image) => allRight(own, image) && noneRight(plain, image)),
        );
        assert.equal(row?.members, 3);
        const differences = [0, 1, 2].map((seed) => {
          const wrong = (runs: typeof plain) => {
            const { label, predicted } = runs?.[seed] ?? { label: [], predicted: [] };
            return [...label.keys()].filter((image) => label[image] !== predicted[image]).length;
          };
          return (wrong(own) - wrong(plain)) / images.length;
        });
        const mean = differences.reduce((sum, one) => sum + one, 0) / 3;
        const variance = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 2;
        assert.ok(Math.abs((row?.error_seeds ?? 0) - Math.sqrt(variance / 3)) < 1e-9);
      }
      assert.ok((rows.find(({ variant }) => variant === "slow")?.lost?.length ?? 0) > 0);
      // Those images are shown, because the dataset is at hand.
      assert.match(readFileSync(join(results, "report.html"), "utf8"), /data:image\/png;base64,[^"]{500,}/);
      const classes = readCsv(join(results, "classes.csv"), CLASS_COLUMNS)?.rows ?? [];
      assert.deepEqual(
        classes.map(({ variant, class: one }) => `${variant} ${one}`),
        ["slow", "se-r2"].flatMap((variant) => [0, 1, 2, 3].map((one) => `${variant} ${one}`)),
      );
    }));

  it("say whether gates help where they tell classes apart, once excite has looked at them", () =>
    inSweep(async (_, folder) => {
      const correlation = async () => {
        const { output } = await start(folder, "compare", "runs/s").ended;
        return /se-r2: .*\(rank correlation (-?\d\.\d\d) over 4 classes, p = [\d.]+, gates of 1 run\)/.exec(
          output,
        )?.[1];
      };
      assert.equal(await correlation(), undefined);
      assert.equal((await start(folder, "excite", "runs/s/se-r2/seed-1").ended).code, 0);
      assert.ok(Math.abs(Number(await correlation())) <= 1);
    }));

  it("contain each figure as SVG, PDF and data", () =>
    inSweep(async (results) => {
      assert.equal(await report([results], ONCE), 0);
      const folder = join(results, "figures");
      const names = readdirSync(folder);
      const figures = [...new Set(names.map((name) => name.replace(/\.\w+$/, "")))];
      assert.ok(
        ["difference", "runs", "loss-by-epoch", "confusion-slow"].every((one) => figures.includes(one)),
      );
      assert.equal(names.length, 3 * figures.length);
      const page = readFileSync(join(results, "report.html"), "utf8");
      assert.equal(page.match(/<svg/g)?.length, figures.length);
      for (const figure of figures) {
        const pdf = readFileSync(join(folder, `${figure}.pdf`)).toString("latin1");
        assert.match(pdf, /^%PDF-1/);
        assert.equal(pdf.match(/\/Type \/Page\b/g)?.length, 1);
        // Publishers want fonts to be part of the file.
        assert.match(pdf, /\/FontFile2/);
        assert.match(readFileSync(join(folder, `${figure}.svg`), "utf8"), /^<svg(?![\s\S]*currentColor)/);
        assert.ok(readFileSync(join(folder, `${figure}.csv`), "utf8").split("\n").length > 2, figure);
      }
      const [head, ...rows] = readFileSync(join(folder, "difference.csv"), "utf8").trim().split("\n");
      assert.match(head ?? "", /^variant,mean,low,high,/);
      // A row for each compared variant, one for each of its seeds, and arrows.
      assert.ok(rows.length >= 2 + 2 * 3);
    }));

  it("draw learning curves through the means of all runs, with bands from the smallest to the largest value", () =>
    inSweep(async (results) => {
      assert.equal(await report([results], ONCE), 0);
      const [head = "", ...lines] = readFileSync(join(results, "figures", "error-by-epoch.csv"), "utf8")
        .trim()
        .split("\n");
      const names = head.split(",");
      const rows = lines.map((line) =>
        Object.fromEntries(line.split(",").map((cell, at) => [names[at], cell])),
      );
      // Variants, epochs, training and validation.
      assert.equal(rows.length, 3 * 3 * 2);
      for (const variant of ["plain", "slow"])
        for (const epoch of [1, 2, 3]) {
          const values = [1, 2, 3].map((seed) => {
            const file = join(results, variant, `seed-${seed}`, "epochs.csv");
            return 100 * (readCsv(file, EPOCH_COLUMNS)?.rows[epoch - 1]?.validation_error ?? Number.NaN);
          });
          const row = rows.find(
            (one) => one.variant === variant && one.epoch === String(epoch) && one.data === "validation",
          );
          const expected = [
            values.reduce((sum, one) => sum + one, 0) / 3,
            Math.min(...values),
            Math.max(...values),
          ];
          for (const [index, name] of ["mean", "low", "high"].entries())
            assert.ok(
              Math.abs(Number(row?.[name]) - (expected[index] as number)) < 1e-9,
              `${variant} ${epoch} ${name}`,
            );
        }
    }));

  it("leave out runs that were tested on other images, and show no images of a dataset that has changed", () =>
    inSweep(async (results, folder) => {
      const change = (run: string, fingerprint: string) => {
        const file = join(results, run, "dataset.json");
        const data = JSON.parse(readFileSync(file, "utf8")) as object;
        writeFileSync(file, JSON.stringify({ ...data, testFingerprint: fingerprint }));
      };
      change("slow/seed-3", "other");
      const { output, errors } = await start(folder, "compare", "runs/s").ended;
      assert.match(errors, /slow: 1 run was tested on other images than the first/);
      assert.match(output, /slow +\d+\.\d\d % +\d+\.\d\d % \(2\)/);
      for (const variant of ["plain", "slow", "se-r2"])
        for (const seed of [1, 2, 3]) change(`${variant}/seed-${seed}`, "all the same");
      assert.equal(await report([results], ONCE), 0);
      const page = readFileSync(join(results, "report.html"), "utf8");
      assert.match(page, /gains and loses cannot be shown: the dataset has changed since it was tested/);
      assert.doesNotMatch(page, /data:image/);
    }));

  it("say how the runs were made, and cite what they used", () =>
    inSweep(async (results) => {
      assert.equal(await report([results], ONCE), 0);
      const text = readFileSync(join(results, "methods.md"), "utf8");
      for (const expected of [
        /trained on 400 images of the dataset synthetic \(8 x 8 pixels, 3 channels, 4 classes\)/,
        /validated on 30 and tested on 30 others/,
        /trained for 3 epochs in batches of 32 images with sgd \(learningRate 0\.05/,
        /- slow: .*; unlike plain: training\.optimizer\.learningRate (?:0\.000001|1e-6) instead of 0\.05\n/,
        /- se-r2: .*; unlike plain: network\.stages\.\*\.attention type se, r 2, .* instead of off\n/,
        /The seed of a run determined the initial weights, the order of the training images, augmentation, dropout\./,
        /The weights of the epoch with the lowest validation error were tested/,
        /over 3 seeds, paired by seed/,
        /exact sign-flip test \[@fisher1935\]/,
        /corrected for 2 comparisons by Holm's method/,
        /Squeezebox \d+\.\d+\.\d+ .*ONNX Runtime/,
      ])
        assert.match(text, expected);
      const cited = [...text.matchAll(/@(\w+\d{4}\w*)[;\]]/g)].map(([, key]) => key);
      const entries = [...text.matchAll(/^@\w+\{(\w+),/gm)].map(([, key]) => key);
      assert.deepEqual(
        cited.filter((key) => !entries.includes(key)),
        [],
      );
      for (const key of ["hu2018", "he2016"]) assert.ok(entries.includes(key), key);
      assert.ok(!entries.includes("ville1939"));
    }));

  it("are made without predictions, and name predictions that are damaged", () =>
    inSweep(async (results) => {
      assert.throws(() => statSync(join(results, "plain/seed-1/predictions.npy")), /ENOENT/);
      assert.equal(await report([results], ONCE), 0);
      const page = readFileSync(join(results, "report.html"), "utf8");
      assert.doesNotMatch(page, /By test image/);
      assert.match(page, /points by class/);
    }, "--no-predictions"));

  it("leave out predictions that are damaged or missing, and say so", () =>
    inSweep(async (results, folder) => {
      writeFileSync(join(results, "plain/seed-1/predictions.npy"), "damaged");
      rmSync(join(results, "slow/seed-2/predictions.npy"));
      const { code, output, errors } = await start(folder, "compare", "runs/s").ended;
      assert.equal(code, 0, errors);
      assert.match(errors, /plain\/seed-1\/predictions\.npy is damaged.*left out/);
      assert.match(errors, /slow\/seed-2\/predictions\.npy.*left out/);
      assert.match(output, /vote of runs/);
      const { code: again } = await start(folder, "sweep", "s.yaml").ended;
      assert.equal(again, 0);
    }));

  it("stay small with 200 runs and the predictions of 10,000 images each", () =>
    inTemporaryFolder(async (folder) => {
      writeLargeSweep(folder, { variants: 10, seeds: 20, images: 10_000, classes: 10, epochs: 30 });
      assert.equal(await report([folder], ONCE), 0);
      assert.ok(statSync(join(folder, "report.html")).size < 5e6);
      const rows = readCsv(join(folder, "evidence.csv"), EVIDENCE_COLUMNS)?.rows ?? [];
      assert.deepEqual(
        rows.map(({ members }) => members),
        new Array(10).fill(20),
      );
    }));
});
