"""How often intervals of the difference of two models held a known truth, with many errors and with few, alike and unlike.

Scores are normal: subjects have effects, each model has noise of its own and shares some with the other, and the first may
lift the impostor scores of the last group. So the true rates, EER and TAR are known in closed form.
"""

import math
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.scores.score_set import ScoreSet

EFFECT, APART = 0.4, 4.0
GROUPS = ("A", "B")
DESIGNS = {
    "alike, many errors": {"at": 2.0},
    "alike, few errors": {"at": 3.3},
    "alike, hardly an error": {"at": 4.2, "apart": 9.0},
    "nearly the same, few errors": {"at": 3.0, "own": 0.15},
    "unlike, many errors": {"at": 2.0, "lift": 0.6, "noise": 1.3},
    "unlike, few errors": {"at": 3.3, "lift": 0.6, "noise": 1.3},
    "unlike, 8 people a group, few errors": {"at": 3.0, "lift": 0.6, "noise": 1.3, "people": 8},
}
FIGURES = (
    "eer",
    "tar_at_far 0.1",
    "tar_at_far 0.01",
    "fmr",
    "fnmr",
    "fmr_max_minus_min",
    "fnmr_max_minus_min",
    "gini_fmr",
)


def study(seed, *, people=15, images=3, own=0.7, lift=0.0, noise=1.0, apart=APART, at=2.0):
    """Return the score sets of both models; `own` is the part of a model's noise that it does not share, `noise` scales the second's."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people * len(GROUPS)), images)
    group = np.array(GROUPS)[who // people]
    one, two = np.triu_indices(len(who), 1)
    same = who[one] == who[two]
    keep = same | (group[one] == group[two])
    one, two, same = one[keep], two[keep], same[keep]
    effect = EFFECT * rng.normal(size=who.max() + 1)
    base = np.where(same, apart, 0.0) + effect[who[one]] + effect[who[two]]
    shared = math.sqrt(1 - own**2) * rng.normal(size=len(one))
    first = base + shared + own * rng.normal(size=len(one)) + lift * ((group[one] == GROUPS[-1]) & ~same)
    second = base + noise * (shared + own * rng.normal(size=len(one)))
    about = {
        "label": same, "subject1": np.array([f"p{w}" for w in who[one]]), "subject2": np.array([f"p{w}" for w in who[two]]),
        "group1": group[one], "group2": group[two],
    }  # fmt: skip
    return [ScoreSet(score=score, **about) for score in (first, second)]


def truths(*, lift=0.0, noise=1.0, apart=APART, at=2.0, people=15, images=3, own=0.7):
    """Return the true difference (second less first) of each figure and group."""
    models = []
    for lifted, spread in ((lift, 1.0), (0.0, noise)):
        wide, own_wide = math.hypot(math.sqrt(2) * EFFECT, spread), math.hypot(2 * EFFECT, spread)
        lifts = dict(zip(GROUPS, (0.0, lifted), strict=True))
        fmr = {name: norm.sf(at, by, wide) for name, by in lifts.items()}
        fnmr = dict.fromkeys(GROUPS, norm.cdf(at, apart, own_wide))
        figures = {("fmr", name): value for name, value in fmr.items()} | {("fnmr", n): v for n, v in fnmr.items()}

        def false(t, names=GROUPS, wide=wide, lifts=lifts):
            return np.mean([norm.sf(t, lifts[name], wide) for name in names])

        for name in (None, *GROUPS):
            names = GROUPS if name is None else (name,)
            equal = brentq(
                lambda t, names=names, false=false, w=own_wide: false(t, names) - norm.cdf(t, apart, w), -20, 30
            )
            figures["eer", name] = norm.cdf(equal, apart, own_wide)
        for far in ("0.1", "0.01"):
            place = brentq(lambda t, far=far, false=false: false(t) - float(far), -20, 30)
            figures[f"tar_at_far {far}", None] = norm.sf(place, apart, own_wide)
        figures["fmr_max_minus_min", None] = max(fmr.values()) - min(fmr.values())
        figures["fnmr_max_minus_min", None] = 0.0
        figures["gini_fmr", None] = (max(fmr.values()) - min(fmr.values())) / sum(
            fmr.values()
        )  # n / (n - 1) of two groups
        models.append(figures)
    return {key: models[1][key] - models[0][key] for key in models[0]}


def main(studies=300, draws=300):
    print("| held the truth | " + " | ".join(DESIGNS) + " |")
    print("|---" * (len(DESIGNS) + 1) + "|")
    held: dict[str, dict[str, list[bool]]] = {figure: {} for figure in FIGURES}
    none: dict[str, dict[str, int]] = {figure: dict.fromkeys(DESIGNS, 0) for figure in FIGURES}
    for design, options in DESIGNS.items():
        params = CompareScoresParams(
            first=Path("one.npz"), second=Path("two.npz"), at=f"threshold={options['at']}", bootstrap=draws
        )
        truth = truths(**options)
        for number in range(studies):
            for row in compare_matched(*study(number, **options), params).differences:
                if (row.figure, row.group) not in truth:
                    continue
                if row.ci is None:
                    none[row.figure][design] += 1
                else:
                    right = row.ci[0] - 1e-12 <= truth[row.figure, row.group] <= row.ci[1] + 1e-12
                    held[row.figure].setdefault(design, []).append(right)
    for figure, found in held.items():
        cells = [
            (f"{100 * np.mean(found[d]):.1f}" if found.get(d) else "–")
            + (f" ({none[figure][d]} without)" if none[figure][d] else "")
            for d in DESIGNS
        ]
        print(f"| {figure} | " + " | ".join(cells) + " |", flush=True)
