import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { report } from "../../src/commands/report.js";
import { randomStream } from "../../src/random.js";
import { EPOCH_COLUMNS, PLAN_COLUMNS, SUMMARY_COLUMNS } from "../../src/records/columns.js";
import { writeCsv } from "../../src/records/csv.js";
import { CHROMIUM, inBrowser } from "../browser.js";
import { filesIn } from "../sweep/results.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** A finished sweep, as its files say. */
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
      axes: "",
      params: 1000 + (index % variants),
      macs: 1e6,
      test_error: random.uniform(),
    };
  });
  writeCsv(
    join(folder, "plan.csv"),
    PLAN_COLUMNS,
    runs.map((run) => ({ ...run, status: "finished", reason: "" })),
  );
  writeCsv(join(folder, "summary.csv"), SUMMARY_COLUMNS, runs);
  for (const { run } of runs) {
    const rows = Array.from({ length: epochs }, (_, epoch) => ({
      epoch: epoch + 1,
      train_loss: random.uniform() + 0.1,
      validation_loss: random.uniform() + 0.1,
    }));
    mkdirSync(join(folder, run), { recursive: true });
    writeCsv(join(folder, run, "epochs.csv"), EPOCH_COLUMNS, rows);
  }
}

const page = (folder: string) => readFileSync(join(folder, "report.html"), "utf8");

const ONCE = { json: true, watch: false, port: 0 };

interface Seen {
  readonly tooWide: number;
  readonly plots: number[];
  readonly headShown: boolean;
  readonly text: string;
  readonly plotText: string;
}

const IN_PAGE = `({
  tooWide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
  plots: [...document.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect().width),
  headShown: document.querySelector("thead").checkVisibility(),
  text: getComputedStyle(document.body).color,
  plotText: getComputedStyle(document.querySelector("svg text")).fill,
})`;

describe("report", function () {
  this.timeout(60_000);

  it("is one file without scripts or addresses to fetch, and the same each time", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 3, seeds: 4, epochs: 5 });
      assert.equal(await report([folder], ONCE), 0);
      const before = [page(folder), ...filesIn(folder)];
      assert.equal(await report([folder], ONCE), 0);
      assert.deepEqual([page(folder), ...filesIn(folder)], before);
      assert.doesNotMatch(page(folder), /<script|<link|src=|href="http|url\(http/);
      assert.equal(page(folder).match(/<svg/g)?.length, 6);
    }));

  it("is readable in a browser: on a phone, on a desk, in the dark", async function () {
    if (CHROMIUM === null) this.skip();
    await inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 12, seeds: 4, epochs: 5 });
      assert.equal(await report([folder], ONCE), 0);
      const requests: string[] = [];
      const problems = await inBrowser(async (browser) => {
        browser.on("request", (request) => requests.push(request.url()));
        for (const [width, scheme] of [
          [360, "light"],
          [1200, "dark"],
        ] as const) {
          await browser.setViewport({ width, height: 800 });
          await browser.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          await browser.goto(`file://${join(folder, "report.html")}`);
          const seen = (await browser.evaluate(IN_PAGE)) as Seen;
          assert.equal(seen.tooWide, 0, `at ${width} pixels the page is wider than the screen`);
          assert.equal(seen.plots.length, 6);
          for (const plot of seen.plots)
            assert.ok(plot > 0.8 * Math.min(380, width), `a plot of ${plot} pixels`);
          assert.equal(seen.headShown, width > 640);
          // Text of plots is as light or dark as the text of the page.
          assert.equal(seen.plotText, seen.text);
          assert.equal(seen.text === "rgb(255, 255, 255)", scheme === "dark");
        }
      });
      assert.deepEqual(problems, []);
      assert.deepEqual(new Set(requests).size, 1);
    });
  });

  it("joins the points of an axis that differ in it alone, wherever its value stands in their names", () =>
    inTemporaryFolder(async (folder) => {
      const values = [2, 4, 8];
      const runs = values.flatMap((r) =>
        values.map((x) => ({
          run: `r${r}-x${x}/seed-1`,
          variant: `r${r}-x${x}`,
          seed: 1,
          axes: `r=${r};x=${x}`,
        })),
      );
      const numbers = { params: 1, macs: 1, test_error: 0.1, status: "finished", reason: "" };
      writeCsv(
        join(folder, "plan.csv"),
        PLAN_COLUMNS,
        runs.map((run) => ({ ...run, ...numbers })),
      );
      writeCsv(
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

  it("names a damaged table and reports the rest", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 2, seeds: 2, epochs: 3 });
      writeFileSync(join(folder, "v1", "seed-2", "epochs.csv"), 'epoch,train_loss\n1,"0.5');
      assert.equal(await report([folder], ONCE), 0);
      assert.match(page(folder), /v1\/seed-2\/epochs.csv is damaged and left out/);
      assert.equal(page(folder).match(/<svg/g)?.length, 6);
    }));

  it("of 200 runs with 100 epochs stays under 3 MB", () =>
    inTemporaryFolder(async (folder) => {
      writeSweep(folder, { variants: 20, seeds: 10, epochs: 100 });
      const start = performance.now();
      assert.equal(await report([folder], ONCE), 0);
      assert.ok(performance.now() - start < 30_000);
      assert.ok(Buffer.byteLength(page(folder)) < 3e6);
    }));
});
