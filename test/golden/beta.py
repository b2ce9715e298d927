# Writes test/golden/beta.json: quantiles of Beta(alpha, alpha) by scipy.stats.beta.ppf: python3 test/golden/beta.py (made with
# scipy 1.17.1).
import json
from pathlib import Path

from scipy.stats import beta

PROBABILITIES = [0.01, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99]
cases = [
    {"alpha": alpha, "quantiles": [[p, float(beta.ppf(p, alpha, alpha))] for p in PROBABILITIES]}
    for alpha in [0.2, 0.5, 1, 1.5, 4, 60]
]
Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
