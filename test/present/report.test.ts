import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { report } from "../../src/commands/report.js";
import { figure } from "../../src/present/html.js";
import { randomStream } from "../../src/random.js";
import { readCsv } from "../../src/records/csv.js";
import { EPOCH_COLUMNS, PLAN_COLUMNS, SUMMARY_COLUMNS } from "../../src/records/tables.js";
import { CHROMIUM, inBrowser } from "../browser.js";
import { writeRows } from "../records/write-rows.js";
import { filesIn } from "../sweep/results.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Writes the files of a finished sweep. */
function writeSweep(
  folder: string,
  { variants, seeds, epochs }: { variants: number; seeds: number; epochs: number },
): void {
  const random = randomStream("report");
  const runs = Array.from({ length: variants * seeds }, (_, index) => {
    const [variant, seed] = [`v${index % variants}`, Math.floor(index / variants) + 1];
    return {
      run: `${variant}/seed-${seed}`,
      variant,
      seed,
      axes: {},
      params: 1000 * (1 + (index % variants)),
      macs: 1e6 * (1 + (index % variants)),
      test_error: random.uniform(),
    };
  });
  writeRows(
    join(folder, "plan.csv"),
    PLAN_COLUMNS,
    runs.map((run) => ({ ...run, status: "finished" as const, reason: "" })),
  );
  writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
  for (const { run } of runs) {
    const rows = Array.from({ length: epochs }, (_, epoch) => ({
      epoch: epoch + 1,
      train_loss: random.uniform() + 0.1,
      validation_loss: random.uniform() + 0.1,
    }));
    mkdirSync(join(folder, run), { recursive: true });
    writeRows(join(folder, run, "epochs.csv"), EPOCH_COLUMNS, rows);
  }
}

const page = (folder: string) => readFileSync(join(folder, "report.html"), "utf8");

const ONCE = { json: true, watch: false, port: 0 };

interface Seen {
  readonly cut: number;
  readonly tooWide: number;
  readonly plots: number[];
  readonly headShown: boolean;
  readonly text: string;
  readonly plotText: string;
}

const IN_PAGE = `({
  cut: [...document.querySelectorAll("table")].filter((one) => one.scrollWidth > one.clientWidth + 1).length,
  tooWide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
  plots: [...document.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect().width),
  headShown: document.querySelector("thead").checkVisibility(),
  text: getComputedStyle(document.body).color,
  plotText: getComputedStyle(document.querySelector("svg text")).fill,
})`;

describe("report", function () {
  this.timeout(180_000);

  it("is one reproducible file without scripts or external resources", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 3, seeds: 4, epochs: 5 });
      assert.equal(await report([folder], ONCE), 0);
      const before = [page(folder), ...filesIn(folder)];
      assert.equal(await report([folder], ONCE), 0);
      assert.deepEqual([page(folder), ...filesIn(folder)], before);
      assert.doesNotMatch(page(folder), /<script|<link|src=|href="http|url\(http/);
      assert.equal(page(folder).match(/<svg/g)?.length, 6);
    }));

  it("is readable in a browser on a phone, on a desktop and in dark mode", async function () {
    if (CHROMIUM === null) this.skip();
    await inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 12, seeds: 4, epochs: 5 });
      assert.equal(await report([folder], ONCE), 0);
      const requests: string[] = [];
      const problems = await inBrowser(async (browser) => {
        browser.on("request", (request) => requests.push(request.url()));
        for (const [width, scheme] of [
          [360, "light"],
          [1280, "dark"],
        ] as const) {
          await browser.setViewport({ width, height: 800 });
          await browser.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          await browser.goto(`file://${join(folder, "report.html")}`);
          const seen = (await browser.evaluate(IN_PAGE)) as Seen;
          if (width > 640) assert.equal(seen.cut, 0, "a table hides some of its columns");
          assert.equal(seen.tooWide, 0, `at ${width} pixels the page is wider than the screen`);
          assert.equal(seen.plots.length, 6);
          for (const plot of seen.plots)
            assert.ok(plot > 0.8 * Math.min(380, width), `a plot of ${plot} pixels`);
          assert.equal(seen.headShown, width > 640);
          // The text of plots has the colour of the page's text.
          assert.equal(seen.plotText, seen.text);
          assert.equal(seen.text === "rgb(255, 255, 255)", scheme === "dark");
        }
      });
      assert.deepEqual(problems, []);
      assert.deepEqual(new Set(requests).size, 1);
    });
  });

  it("takes axes and variants that are called as what every object has", () =>
    inTemporaryFolder(async (folder) => {
      const names = ["toString", "valueOf", "constructor"];
      const runs = [{}, { constructor: 2 }, { constructor: 4 }].map((axes, index) => ({
        ...{ run: `${names[index]}/seed-1`, variant: names[index] as string, seed: 1, axes },
        ...{ params: 1, macs: 1, test_error: 0.1, status: "finished" as const, reason: "" },
      }));
      writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
      writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
      assert.equal(await report([folder], ONCE), 0);
      assert.doesNotMatch(page(folder), /native code/);
      assert.match(page(folder), /Metric against constructor/);
    }));

  it("connects variants that differ only in the axis, wherever the value is in their names", () =>
    inTemporaryFolder(async (folder) => {
      const values = [2, 4, 8];
      const runs = values.flatMap((r) =>
        values.map((x) => ({
          run: `r${r}-x${x}/seed-1`,
          variant: `r${r}-x${x}`,
          seed: 1,
          template: "r${r}-x${x}",
          axes: { r, x },
        })),
      );
      const numbers = { params: 1, macs: 1, test_error: 0.1, status: "finished" as const, reason: "" };
      writeRows(
        join(folder, "plan.csv"),
        PLAN_COLUMNS,
        runs.map((run) => ({ ...run, ...numbers })),
      );
      writeRows(
        join(folder, "summary.csv"),
        SUMMARY_COLUMNS,
        runs.map((run) => ({ ...run, ...numbers })),
      );
      assert.equal(await report([folder], ONCE), 0);
      const labels = [...page(folder).matchAll(/>([^<>]*\{[rx]\}[^<>]*)</g)].map(([, label]) => label);
      assert.deepEqual(
        new Set(labels),
        new Set(values.flatMap((value) => [`r{r}-x${value}`, `r${value}-x{x}`])),
      );
    }));

  it("names connected variants by their template, with placeholders for all axes of a zip", () =>
    inTemporaryFolder(async (folder) => {
      const runs = [
        [2, 0.002],
        [4, 0.004],
        [8, 0.008],
      ].flatMap(([r = 0, lr = 0]) =>
        [0, 1].map((s) => ({
          run: `z-r${r}-lr${lr}-s${s}/seed-1`,
          variant: `z-r${r}-lr${lr}-s${s}`,
          seed: 1,
          template: "z-r${r}-lr${lr}-s${s}",
          axes: { s, r, lr },
          ...{ params: 1, macs: 1, test_error: 0.1, status: "finished" as const, reason: "" },
        })),
      );
      writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
      writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
      assert.equal(await report([folder], ONCE), 0);
      const labels = [...page(folder).matchAll(/>([^<>]*\{\w+\}[^<>]*)</g)].map(([, label]) => label);
      assert.deepEqual(
        new Set(labels),
        new Set([
          "z-r{r}-lr{lr}-s0",
          "z-r{r}-lr{lr}-s1",
          "z-r2-lr0.002-s{s}",
          "z-r4-lr0.004-s{s}",
          "z-r8-lr0.008-s{s}",
        ]),
      );
    }));

  it("shows runs with a single epoch as points", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 2, seeds: 2, epochs: 1 });
      assert.equal(await report([folder], ONCE), 0);
      const [, curves = ""] = page(folder).split("Loss by epoch");
      const points = page(folder).match(/aria-roledescription="point"/g)?.length ?? 0;
      writeSweep(folder, { variants: 2, seeds: 2, epochs: 2 });
      assert.equal(await report([folder], ONCE), 0);
      const fewer = page(folder).match(/aria-roledescription="point"/g)?.length ?? 0;
      // Two variants, training and validation.
      assert.ok(curves !== "" && points - fewer === 4, `${points} and ${fewer} points`);
    }));

  it("omits plots against nearly constant costs, and a front of a single variant", () =>
    inTemporaryFolder(async (folder) => {
      const checkCosts = async (
        params: readonly [number, number],
        errors: readonly [number, number],
        expected: RegExp[],
      ) => {
        const runs = params.map((count, index) => ({
          run: `v${index}/seed-1`,
          variant: `v${index}`,
          seed: 1,
          ...{
            axes: {},
            params: count,
            macs: 1e6 + index,
            test_error: errors[index] as number,
            status: "finished" as const,
            reason: "",
          },
        }));
        writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
        writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
        assert.equal(await report([folder], ONCE), 0);
        const captions = [...page(folder).matchAll(/<figcaption>(Metric against [^<]*)</g)].map(
          ([, text = ""]) => text,
        );
        assert.equal(captions.length, expected.length, captions.join("\n"));
        for (const [index, pattern] of expected.entries()) assert.match(captions[index] as string, pattern);
      };
      await checkCosts([1000, 2000], [0.2, 0.1], [/parameters; dashed: the Pareto front/]);
      await checkCosts([1000, 2000], [0.1, 0.2], [/parameters\. n = 1 for each/]);
      await checkCosts([1000, 1010], [0.1, 0.2], []);
    }));

  it("ends an interval that extends beyond the plot with an arrow", () =>
    inTemporaryFolder(async (folder) => {
      const arrows = async (errors: readonly number[]) => {
        const runs = errors.flatMap((error, index) =>
          ["a", "b"].map((variant) => ({
            run: `${variant}/seed-${index}`,
            variant,
            seed: index,
            ...{
              params: 1,
              macs: 1,
              test_error: variant === "a" ? 0.1 : error,
              status: "finished" as const,
              reason: "",
            },
          })),
        );
        writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
        writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
        assert.equal(await report([folder], ONCE), 0);
        const [, plot = ""] = page(folder).split("Difference from the baseline");
        return plot.match(/aria-roledescription="point" [^>]*rotate\(-?90\)/g)?.length ?? 0;
      };
      assert.equal(await arrows([0.12, 0.13]), 2);
      assert.equal(await arrows([0.12, 0.121, 0.122, 0.1215, 0.1201]), 0);
    }));

  it("shows errors by class and the error of always predicting the most frequent class", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 2, seeds: 2, epochs: 2 });
      const rows = readCsv(join(folder, "summary.csv"), SUMMARY_COLUMNS)?.rows ?? [];
      const more = { majority_error: 0.0741, test_errors_by_class: [0, 0.5, null] };
      writeRows(
        join(folder, "summary.csv"),
        SUMMARY_COLUMNS,
        rows.map((row) => ({ ...row, ...more })),
      );
      assert.equal(await report([folder], ONCE), 0);
      assert.match(page(folder), /always predicting the most frequent one has a test error of 7\.41 %/);
      assert.match(page(folder), /test error by class<\/th><th>class 0<\/th><th>class 1<\/th><th>class 2</);
      assert.match(page(folder), />0\.00 %<.*>50\.00 %<.*>-</);
    }));

  it("keeps captions with characters that are special in a replacement text", () => {
    const html = figure("<svg width='1'></svg>", 'costs $5, $\' and $& and "quotes"');
    assert.equal(
      html,
      "<figure><svg role=\"img\" aria-label=\"costs $5, $' and $&amp; and &quot;quotes&quot;\" width='1'></svg><figcaption>costs $5, $' and $&amp; and &quot;quotes&quot;</figcaption></figure>",
    );
  });

  it("shows every variant with the lowest mean in bold", () =>
    inTemporaryFolder(async (folder) => {
      const runs = [0.1, 0.2, 0.10001].map((test_error, index) => ({
        run: `v${index}/seed-1`,
        variant: `v${index}`,
        seed: 1,
        ...{ axes: {}, params: 1, macs: 1, test_error, status: "finished" as const, reason: "" },
      }));
      writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
      writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
      assert.equal(await report([folder], ONCE), 0);
      const bold = readFileSync(join(folder, "table.md"), "utf8").match(/\*\*10\.00 %\*\*/g);
      assert.equal(bold?.length, 2);
    }));

  it("reports a damaged table and shows the rest", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 2, seeds: 2, epochs: 3 });
      writeFileSync(join(folder, "v1", "seed-2", "epochs.csv"), 'epoch,train_loss\n1,"0.5');
      assert.equal(await report([folder], ONCE), 0);
      assert.match(page(folder), /v1\/seed-2\/epochs.csv is damaged and was ignored/);
      assert.equal(page(folder).match(/<svg/g)?.length, 6);
    }));

  it("stays below 3 MB with 200 runs of 100 epochs", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 20, seeds: 10, epochs: 100 });
      assert.equal(await report([folder], ONCE), 0);
      assert.ok(Buffer.byteLength(page(folder)) < 3e6);
    }));
});
