"""What runs predict of test images: calibration by scikit-learn, standard errors over seeds and test images by a bootstrap and by the
mean squares of statsmodels, votes and disagreement by counting with numpy. Writes evidence.json.
Needs numpy, scikit-learn, statsmodels, pandas."""

import itertools
import json

import numpy as np
import pandas
import sklearn
import statsmodels
import statsmodels.formula.api as formula
from scipy import stats
from sklearn.calibration import calibration_curve
from statsmodels.stats.anova import anova_lm

SEEDS, IMAGES, CLASSES, BINS = 5, 120, 4, 15
random = np.random.default_rng(20)


def calibration(confidence, correct):
    """Weights of the bins as in calibration_curve, which leaves out empty ones."""
    shares, means = calibration_curve(correct, confidence, n_bins=BINS, strategy="uniform")
    edges = np.linspace(0, 1, BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=BINS)
    return float(np.sum(counts[counts > 0] / len(confidence) * np.abs(shares - means)))


def crossed(differences):
    """differences: [seeds, images]"""
    seeds, images = differences.shape
    table = pandas.DataFrame(
        [(f"s{s}", f"i{i}", differences[s, i]) for s in range(seeds) for i in range(images)],
        columns=["seed", "image", "d"],
    )
    squares = anova_lm(formula.ols("d ~ C(seed) + C(image)", table).fit())["mean_sq"]
    cells = seeds * images
    a, b, rest = squares["C(seed)"] / cells, squares["C(image)"] / cells, squares["Residual"] / cells
    draws = []
    for _ in range(20_000):
        rows = random.integers(0, seeds, seeds)
        columns = random.integers(0, images, images)
        draws.append(differences[np.ix_(rows, columns)].mean())
    return {
        "seeds": float(np.sqrt(a)),
        "images": float(np.sqrt(b)),
        "both": float(np.sqrt(a + b - rest)),
        "bootstrap": float(np.std(draws)),
    }


def components():
    """A 5 x 5 orthogonal array of three sources: mean squares by statsmodels, components by the method of moments."""
    draw = np.random.default_rng(31)
    effects = draw.normal(0, [[0.3], [0.05], [0.8]], (3, 5))
    rows, values = [], []
    for first in range(5):
        for second in range(5):
            levels = [first, second, (second + first) % 5]
            rows.append([level + 1 for level in levels])
            values.append(round(5 + sum(effects[k, level] for k, level in enumerate(levels)) + draw.normal(0, 0.2), 4))
    table = pandas.DataFrame(rows, columns=["a", "b", "c"]).assign(y=values)
    found = anova_lm(formula.ols("y ~ C(a) + C(b) + C(c)", table).fit())
    squares = found["mean_sq"]
    rest = float(squares["Residual"])
    return {
        "rows": rows,
        "values": values,
        "mean_squares": [float(squares[f"C({name})"]) for name in "abc"],
        "variances": [max(0.0, (float(squares[f"C({name})"]) - rest) / 5) for name in "abc"],
        "ps": [float(found["PR(>F)"][f"C({name})"]) for name in "abc"],
        "rest": rest,
    }


def ranks():
    """Spearman's coefficient by scipy, and the p-value of its permutation test."""
    draw = np.random.default_rng(32)
    cases = []
    for count, slope in [(10, 0.0), (10, 0.8), (20, -0.5), (6, 2.0)]:
        one = np.round(draw.normal(0, 1, count), 1)
        other = np.round(slope * one + draw.normal(0, 1, count), 1)
        statistic = lambda x: stats.spearmanr(x, other).statistic
        test = stats.permutation_test((one,), statistic, permutation_type="pairings", n_resamples=20_000, random_state=draw)
        cases.append({"one": one.tolist(), "other": other.tolist(), "coefficient": float(statistic(one)), "p": float(test.pvalue)})
    return cases


def runs_of(skill):
    labels = random.integers(0, CLASSES, IMAGES)
    ease = random.normal(0, 1.5, IMAGES)
    runs = []
    for _ in range(SEEDS):
        logits = random.normal(0, 1, (IMAGES, CLASSES))
        logits[np.arange(IMAGES), labels] += skill + ease + random.normal(0, 0.3)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        runs.append((logits.astype(np.float32), probabilities))
    return labels, runs


def main():
    labels, runs = runs_of(1.5)
    predicted = np.array([logits.argmax(axis=1) for logits, _ in runs])
    confidence = np.array([probabilities.max(axis=1) for _, probabilities in runs])
    votes = []
    for image in range(IMAGES):
        counts = np.bincount(predicted[:, image], minlength=CLASSES)
        sums = np.bincount(predicted[:, image], weights=confidence[:, image], minlength=CLASSES)
        votes.append(max(range(CLASSES), key=lambda c: (counts[c], sums[c])))
    pairs = list(itertools.combinations(range(SEEDS), 2))
    other = np.array([np.where(random.random(IMAGES) < 0.15, random.integers(0, CLASSES, IMAGES), row) for row in predicted])
    differences = (other != labels).astype(float) - (predicted != labels)
    result = {
        "source": f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, numpy {np.__version__}",
        "labels": labels.tolist(),
        "logits": [np.round(logits.astype(float), 4).tolist() for logits, _ in runs],
        "calibration": [],
        "vote_error": float(np.mean(np.array(votes) != labels)),
        "disagreement": float(np.mean([np.mean(predicted[a] != predicted[b]) for a, b in pairs])),
        "differences": differences.astype(int).tolist(),
        "crossed": crossed(differences),
        "components": components(),
        "ranks": ranks(),
    }
    for logits in result["logits"]:
        exact = np.array(logits, dtype=np.float32).astype(float)
        probabilities = np.exp(exact) / np.exp(exact).sum(axis=1, keepdims=True)
        result["calibration"].append(
            {
                "error": calibration(probabilities.max(axis=1), exact.argmax(axis=1) == labels),
                "loss": float(-np.mean(np.log(probabilities[np.arange(IMAGES), labels]))),
            }
        )
    with open("test/golden/evidence.json", "w") as file:
        json.dump(result, file)
        file.write("\n")


main()
