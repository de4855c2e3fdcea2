"""How often intervals of the difference of two models held the truth: 200 studies a design of models that do not differ."""

from pathlib import Path

import numpy as np

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_model_comparison import study

DESIGNS = {
    "40 subjects a group": {"people": 40, "images": 3},
    "12 subjects a group": {"people": 12, "images": 3},
    "four groups of 25": {"people": 25, "images": 2, "groups": ("A", "B", "C", "D")},
}
FIGURES = ("eer", "tar_at_far 0.01", "fmr", "fnmr", "gini_fmr", "fmr_max_minus_min", "gini_fnmr", "FDR", "IR", "GARBE")


def main(studies=200):
    params = CompareScoresParams(first=Path(__file__), second=Path(__file__), at="fmr=0.02", bootstrap=300)
    print("| intervals of differences | " + " | ".join(DESIGNS) + " |")
    held: dict[str, dict[str, list[bool]]] = {figure: {} for figure in FIGURES}
    for design, options in DESIGNS.items():
        for number in range(studies):
            (one, two), about = study(number, **options)
            texts = {k: v for k, v in about.items() if k not in ("label", "path1", "path2")}
            sets = [ScoreSet(score=s, label=about["label"].astype(bool), **texts) for s in (one, two)]
            for row in compare_matched(*sets, params).differences:
                if row.ci is not None and row.figure in held:
                    held[row.figure].setdefault(design, []).append(row.ci[0] <= 0 <= row.ci[1])
    for figure, found in held.items():
        print(
            f"| {figure} | "
            + " | ".join(f"{100 * np.mean(found[d]):.1f}" if d in found else "–" for d in DESIGNS)
            + " |"
        )
