// Decisions about comparisons: a pure function of the outcomes of runs.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Question } from "../../src/config/sweep-spec.js";
import { randomStream } from "../../src/random.js";
import { type Decision, decisionsOf, type Outcome } from "../../src/sweep/seeds/decisions.js";
import { needsOf, type SeedPlan } from "../../src/sweep/seeds/seed-plan.js";

const QUESTION: Question = { alpha: 0.05, margin: null, decided: true, width: null, atLeast: 3, atMost: 30 };

/** The decisions about variants whose differences from the baseline are given. */
function decide(variants: Record<string, readonly Outcome[]>, asked: Partial<Question> = {}) {
  const question = { ...QUESTION, ...asked };
  const baseline = Array.from({ length: question.atMost }, () => 0);
  const series = Object.entries(variants).map(([variant, outcomes]) => ({ variant, outcomes }));
  return Object.fromEntries(decisionsOf(question, baseline, series));
}

const around = (mean: number, count = 30, label = "") => {
  const random = randomStream("differences", mean, label);
  return Array.from({ length: count }, () => mean + random.normal());
};
const verdictOf = (decision: Decision | undefined) => decision && `${decision.verdict} ${decision.seeds}`;

describe("decisions", () => {
  it("come as soon as the evidence suffices, each for its own variant", () => {
    const { large, small, none } = decide({ large: around(3), small: around(1.2), none: around(0) });
    assert.deepEqual([large?.verdict, small?.verdict, none?.verdict], ["different", "different", "hopeless"]);
    assert.ok((large?.seeds ?? 0) < (small?.seeds ?? 0));
  });

  it("do not change when later seeds are added, and do not wait for them", () => {
    const whole = { large: around(3), small: around(1.2), none: around(0) };
    const all = decide(whole);
    for (let seeds = 0; seeds <= 30; seeds++) {
      const part = Object.fromEntries(
        Object.entries(whole).map(([name, one]) => [name, one.slice(0, seeds)]),
      );
      const expected = Object.entries(all).filter(([, decision]) => decision.seeds <= seeds);
      assert.deepEqual(decide(part), Object.fromEntries(expected), `${seeds} seeds`);
    }
  });

  it("wait for the first seed that is not over, even if later ones are", () => {
    const outcomes: Outcome[] = around(3);
    outcomes[3] = undefined;
    assert.deepEqual(decide({ large: outcomes }), {});
  });

  it("leave out failed runs, and give up where all fail", () => {
    const outcomes: Outcome[] = around(3);
    outcomes[2] = null;
    assert.equal(decide({ large: outcomes }).large?.verdict, "different");
    assert.equal(verdictOf(decide({ failing: outcomes.map(() => null) }).failing), "failed 3");
  });

  it("of equality need a margin", () => {
    const near = around(0.02).map((one) => one / 10);
    assert.notEqual(decide({ near }).near?.verdict, "equal");
    assert.equal(decide({ near }, { margin: 0.2 }).near?.verdict, "equal");
    assert.notEqual(decide({ near: near.map((one) => one + 0.19) }, { margin: 0.2 }).near?.verdict, "equal");
  });

  it("of width need a narrow interval, with or without a decision", () => {
    const width = { decided: false, width: 0.8 };
    const narrow = decide({ any: around(0.4) }, width).any;
    assert.equal(narrow?.verdict, "narrow");
    const both = decide({ any: around(2) }, { width: 0.8 }).any;
    const first = decide({ any: around(2) }).any;
    assert.equal(both?.verdict, "different");
    assert.ok((both?.seeds ?? 0) > (first?.seeds ?? 99));
    assert.equal(verdictOf(decide({ any: around(2) }, { decided: false, width: 0.01 }).any), "wide 30");
  });

  it("give up where nothing ever differs, but not at once", () => {
    const { any } = decide({ any: new Array<number>(30).fill(0) });
    assert.equal(any?.verdict, "hopeless");
    assert.ok((any?.seeds ?? 0) > 3 && (any?.seeds ?? 99) < 15, verdictOf(any));
    // With a margin, it is known to be equal.
    assert.equal(decide({ any: new Array<number>(30).fill(0) }, { margin: 0.1 }).any?.verdict, "equal");
  });

  it("end with the last seed", () => {
    const alternating = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? -0.5 : 1));
    assert.equal(verdictOf(decide({ any: alternating }, { atLeast: 12, atMost: 12 }).any), "undecided 12");
  });

  it("correct for the number of comparisons", () => {
    const one = around(3);
    const alone = decide({ one }).one;
    const among = decide({
      one,
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`v${n}`, around(0, 30, `${n}`)])),
    }).one;
    assert.ok((among?.seeds ?? 0) > (alone?.seeds ?? 99));
  });

  it("call any of three equal variants different in at most 5 % of sweeps", () => {
    const random = randomStream("family");
    const draw = () => Array.from({ length: 15 }, () => random.normal());
    const sweeps = 300;
    const wrong = Array.from({ length: sweeps }, () =>
      decide({ a: draw(), b: draw(), c: draw() }, { atMost: 15 }),
    ).filter((decisions) => Object.values(decisions).some(({ verdict }) => verdict === "different")).length;
    assert.ok(wrong / sweeps <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / sweeps), `${wrong} of ${sweeps}`);
  });

  it("giving up costs little: with an effect of one deviation, hardly any sweep is called hopeless", () => {
    const random = randomStream("hopeless");
    const sweeps = 100;
    const lost = Array.from(
      { length: sweeps },
      () => decide({ one: Array.from({ length: 30 }, () => 1 + random.normal()) }).one,
    ).filter((decision) => decision?.verdict === "hopeless").length;
    assert.ok(lost / sweeps <= 0.1, `${lost} of ${sweeps}`);
  });
});

describe("the runs that are needed", () => {
  const plan: SeedPlan = {
    question: QUESTION,
    metric: "test_error",
    ...(({ plain, ...others }) => ({
      baseline: plain,
      compared: Object.entries(others).map(([variant, runs]) => ({ variant, runs })),
    }))(
      Object.fromEntries(
        ["plain", "large", "none"].map((variant) => [
          variant,
          Array.from({ length: 30 }, (_, index) => ({
            name: `${variant}/seed-${index + 1}`,
            fingerprint: `${variant} ${index + 1}`,
          })),
        ]),
      ) as Record<"plain" | "large" | "none", { name: string; fingerprint: string }[]>,
    ),
  };
  const values = {
    plain: around(0, 30, "plain").map((one) => one / 1000),
    large: around(3),
    none: around(0),
  };

  it("are those of open comparisons and of the baseline as long as there are any", () => {
    const { decisions, unneeded } = needsOf(plan, ({ fingerprint }) => {
      const [variant = "", seed] = fingerprint.split(" ");
      return values[variant as keyof typeof values][Number(seed) - 1];
    });
    const [large, none] = ["large", "none"].map((variant) => decisions.get(variant)?.seeds ?? 0) as [
      number,
      number,
    ];
    assert.ok(large < none);
    for (const [variant, last] of Object.entries({ plain: none, large, none }))
      for (let seed = 1; seed <= 30; seed++)
        assert.equal(unneeded.has(`${variant} ${seed}`), seed > last, `${variant} ${seed}`);
    assert.match(unneeded.get(`large ${large + 1}`) ?? "", /^different after \d+ seeds \(p = 0\.0\d+\)$/);
    assert.match(unneeded.get("plain 30") ?? "", new RegExp(`^no comparison needs more than ${none} seeds$`));
  });

  it("are all while nothing is known", () => {
    assert.equal(needsOf(plan, () => undefined).unneeded.size, 0);
  });
});
