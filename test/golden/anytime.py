"""Evidence, p-values and confidence sequences of stored differences, straight from the definitions with numpy: products of
exp(x d) / cosh(x d), averaged over x, with the running root mean square as scale. Writes anytime.json. Needs numpy only."""

import json

import numpy as np

RATES = np.array([0.5, 1.0, 2.0, 4.0])
SIGNED = np.concatenate([RATES, -RATES])
ALPHA = 0.05


def evidence(differences):
    """The evidence after each difference."""
    sizes = np.sqrt(np.cumsum(np.square(differences)) / np.arange(1, len(differences) + 1))
    scaled = np.divide(differences, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    factors = np.exp(np.outer(SIGNED, scaled)) / np.cosh(np.outer(SIGNED, scaled))
    return np.cumprod(factors, axis=1).mean(axis=0)


def sequence(differences):
    """The hull of the centres that are not excluded, by trying very many of them."""
    spread = differences.max() - differences.min()
    centres = np.linspace(differences.min() - 30 * spread, differences.max() + 30 * spread, 400_001)
    kept = np.array([c for c in centres if evidence(differences - c).max() < 1 / ALPHA])
    step = centres[1] - centres[0]
    low = None if kept[0] == centres[0] else float(kept[0])
    high = None if kept[-1] == centres[-1] else float(kept[-1])
    return {"low": low, "high": high, "step": float(step)}


def main():
    random = np.random.default_rng(14)
    cases = []
    for count, mean in [(3, 0.0), (7, 1.5), (8, 0.0), (12, 0.6), (20, -0.4), (30, 0.2)]:
        differences = np.round(random.normal(mean, 1, count), 3)
        found = evidence(differences)
        cases.append(
            {
                "differences": differences.tolist(),
                "evidence": found.tolist(),
                "p": float(1 / max(1, found.max())),
                "sequence": sequence(differences),
            }
        )
    ties = np.array([0.0, 0.002, 0.0, 0.002, 0.001, 0.003, 0.002, 0.001])
    found = evidence(ties)
    cases.append({"differences": ties.tolist(), "evidence": found.tolist(), "p": float(1 / max(1, found.max())), "sequence": sequence(ties)})
    with open("test/golden/anytime.json", "w") as file:
        json.dump({"source": f"numpy {np.__version__}", "cases": cases}, file, indent=1)
        file.write("\n")


main()
