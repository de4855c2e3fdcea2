"""How often the 95 % intervals hold the truth, over synthetic studies whose truth is known.

`python -m tests.benchmarks coverage`; COVERAGE_STUDIES and COVERAGE_DRAWS make it shorter. Genuine and impostor scores
are normal with unit variance; a share of it belongs to the subjects. Four groups with different rates, except for the
null ranges: there they are equal.
"""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import rates_behind
from fairdesk.metrics.fairness.figures import accuracy_figures, fairness_figures
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet

GROUPS = ("A", "B", "C", "D")
FEW_SUBJECTS, FEW_ERRORS = 12, 10  # so many subjects a group, or fewer errors expected: 91 to 99 % will do


@dataclass(frozen=True)
class Design:
    """A kind of study: subjects a group, variance shares of the subjects, rates, images a pair of subjects."""

    name: str
    subjects: int = 40
    genuine_share: float = 0.5
    impostor_share: float = 0.25  # of both subjects together
    fmr: tuple[float, ...] = (0.005, 0.01, 0.015, 0.025)
    fnmr: tuple[float, ...] = (0.04, 0.06, 0.09, 0.12)
    pairs: int = 4  # of two subjects
    at: str = ""  # the threshold's rule; empty: typed


DESIGNS = (
    Design("pairs independent", genuine_share=0, impostor_share=0),
    Design("subject effects, 40 subjects", fmr=(0.02, 0.03, 0.05, 0.08)),
    Design("subject effects, 12 subjects", subjects=12, fmr=(0.02, 0.03, 0.05, 0.08), pairs=16),
    Design("FMR near 1e-2"),
    Design("FMR near 1e-3", fmr=(0.0007, 0.001, 0.0015, 0.002), pairs=32),
    Design("rare errors", fmr=(0.0005, 0.001, 0.001, 0.002), fnmr=(0.01, 0.01, 0.02, 0.03), pairs=2),
    Design("threshold from the data", at="fmr=0.01"),
    Design("one group unlike three equal ones", fmr=(0.02, 0.02, 0.02, 0.054), fnmr=(0.05, 0.05, 0.05, 0.12)),
    Design("two groups unlike two, one FNMR", fmr=(0.01, 0.01, 0.03, 0.03), fnmr=(0.08,) * 4),
)
EQUAL = (
    Design("equal groups, subject effects", fmr=(0.01,) * 4, fnmr=(0.08,) * 4),
    Design("equal groups, pairs independent", fmr=(0.01,) * 4, fnmr=(0.08,) * 4, genuine_share=0, impostor_share=0),
)
UNEVEN = ((60, 60, 4, 4), (60, 60, 8, 8), (60, 60, 15, 15), (40, 40, 40, 4), (40, 40, 5, 5))  # people of each group


def study(design, rng, sizes=()):
    """Return the scores of one study; the typed threshold is 0. `sizes`: subjects of each group, in place of the design's."""
    parts = []
    for group, n, fmr, fnmr in zip(
        GROUPS, sizes or (design.subjects,) * len(GROUPS), design.fmr, design.fnmr, strict=True
    ):
        of, to = np.triu_indices(n, 1)
        of, to = np.repeat(of, design.pairs), np.repeat(to, design.pairs)
        who = np.repeat(np.arange(n), 6)
        own, lamb = rng.normal(size=n), rng.normal(size=n)
        g, i = design.genuine_share, design.impostor_share
        genuine = -norm.ppf(fnmr) + np.sqrt(g) * own[who] + np.sqrt(1 - g) * rng.normal(size=len(who))
        impostor = norm.ppf(fmr) + np.sqrt(i / 2) * (lamb[of] + lamb[to]) + np.sqrt(1 - i) * rng.normal(size=len(of))
        names = np.array([f"{group}{k}" for k in range(n)])
        score = np.concatenate([genuine, impostor])
        label = np.arange(len(score)) < len(genuine)
        parts.append((score, label, names[np.append(who, of)], names[np.append(who, to)], np.full(len(score), group)))
    score, label, first, second, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=groups, group2=groups)


class Truth:
    """What the studies of a design estimate."""

    def __init__(self, design):
        self.mi, self.mg = norm.ppf(design.fmr), -norm.ppf(design.fnmr)
        self.subjects = design.subjects
        self.genuine, self.impostors = (
            ng := design.subjects * 6,
            ni := design.subjects * (design.subjects - 1) // 2 * design.pairs,
        )
        self.t = self.where(float(design.at[4:])) if design.at else 0.0
        self.fmr, self.fnmr = norm.sf(self.t - self.mi), norm.cdf(self.t - self.mg)
        accuracy = 100 - 100 * (ni * self.fmr + ng * self.fnmr) / (ni + ng)
        named = [dict(zip(GROUPS, map(float, rates), strict=True)) for rates in (self.fmr, self.fnmr, accuracy)]
        target = float(design.at[4:]) if design.at else None
        self.fairness = {**fairness_figures(named[0], named[1], target=target), **accuracy_figures(named[2])}
        self.eer = self._eer(self.mi, self.mg)
        self.own_eer = [self._eer(self.mi[[k]], self.mg[[k]]) for k in range(4)]

    def few(self, kind):
        """Tell whether few subjects or errors are behind an interval: of a figure, in its group with the fewest."""
        return self.subjects <= FEW_SUBJECTS or self._expected_errors(kind) < FEW_ERRORS

    def _expected_errors(self, kind):
        fmr, fnmr = self.fmr * self.impostors, self.fnmr * self.genuine
        if kind == "own EER":
            return min(self.own_eer) * min(self.genuine, self.impostors)
        if kind == "EER":
            return self.eer * len(GROUPS) * min(self.genuine, self.impostors)
        if kind.startswith("TAR at FAR "):
            far = float(kind.split()[-1])
            return len(GROUPS) * min(far * self.impostors, (1 - self.tar(far)) * self.genuine)
        if kind == "SER" or kind.startswith("accuracy"):
            return min(fmr + fnmr)
        rate = kind.removeprefix("difference of ").partition(",")[0].lower()  # "FMR, Wilson" -> "fmr"
        rates = (rate,) if rate in ("fmr", "fnmr") else rates_behind(kind)
        return min(min({"fmr": fmr, "fnmr": fnmr}[rate]) for rate in rates)

    def where(self, target, groups=slice(None)):
        return brentq(lambda t: norm.sf(t - self.mi[groups]).mean() - target, -20, 20)

    def tar(self, target):
        return norm.sf(self.where(target) - self.mg).mean()

    def _eer(self, mi, mg):
        t = brentq(lambda t: norm.sf(t - mi).mean() - norm.cdf(t - mg).mean(), -20, 20)
        return norm.sf(t - mi).mean()


def plain_percentile(scores, threshold, rng, draws=400):
    """The bootstrap as it is usually done: percentiles of the rates over draws of subjects, for group A."""
    mine = scores.group1 == "A"
    names, codes = np.unique(np.concatenate([scores.subject1[mine], scores.subject2[mine]]), return_inverse=True)
    n, half = len(names), int(mine.sum())
    label, match = scores.label[mine], scores.score[mine] >= threshold
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
    out = {}
    for rate, chosen, wrong in (("FMR", ~label, match), ("FNMR", label, ~match)):
        errors, trials = np.zeros((n, n)), np.zeros((n, n))
        np.add.at(trials, (codes[:half][chosen], codes[half:][chosen]), 1)
        np.add.at(errors, (codes[:half][chosen], codes[half:][chosen]), wrong[chosen])
        if rate == "FNMR":
            sums = [weights @ matrix.diagonal() for matrix in (errors, trials)]
        else:
            sums = [((weights @ matrix) * weights).sum(1) for matrix in (errors, trials)]
        out[rate] = np.nanquantile(sums[0] / sums[1], [0.025, 0.975])
    return out


class Tally:
    """Hits, widths and reasons by kind of interval."""

    def __init__(self):
        self.rows = defaultdict(list)
        self.missing = defaultdict(int)

    def add(self, kind, interval, truth):
        if interval is None:
            self.missing[kind] += 1
        else:
            near = 1e-9  # ratios of equal rates are 1 but for rounding
            self.rows[kind].append((interval[0] - near <= truth <= interval[1] + near, interval[1] - interval[0]))

    def lines(self, few=lambda _kind: False):
        """Yield a line for each kind of interval; `few` tells which may hold the truth in 91 to 99 %."""
        for kind, found in self.rows.items():
            low, high = (0.91, 0.99) if few(kind) else (0.93, 0.97)
            hits, widths = np.array(found).T
            cover = hits.mean()
            peer = kind.endswith(("Wilson", "percentile"))
            mark = "" if peer or low <= cover <= high else "  <-- low" if cover < low else "  <-- high"
            gone = f", {self.missing[kind]} without" if self.missing[kind] else ""
            yield f"  {kind:28} {100 * cover:5.1f} %   median width {np.median(widths):.4g}   n {len(found)}{gone}{mark}"


def run(design, studies, draws, seed=0):
    rng, tally, truth = np.random.default_rng(seed), Tally(), Truth(design)
    for number in range(studies):
        scores = study(design, rng)
        params = EvaluateParams(
            scores=Path(__file__), by="group", at=design.at or "threshold=0", bootstrap=draws, seed=number
        )
        result, _ = evaluate(scores, params)
        groups = result.groups
        for k, row in enumerate(groups.per_group.values()):
            tally.add("FMR", row.fmr_ci, truth.fmr[k])
            tally.add("FNMR", row.fnmr_ci, truth.fnmr[k])
            tally.add("own EER", row.eer_ci, truth.own_eer[k])
            tally.add("FMR, Wilson", row.fmr_ci_pairs, truth.fmr[k])
            tally.add("FNMR, Wilson", row.fnmr_ci_pairs, truth.fnmr[k])
        if number % 4 == 0:
            for rate, interval in plain_percentile(scores, groups.threshold, rng).items():
                tally.add(f"{rate}, percentile", interval, truth.fmr[0] if rate == "FMR" else truth.fnmr[0])
        add_whole(tally, result, truth)
        place = {name: k for k, name in enumerate(GROUPS)}
        for one in groups.differences:
            rates = truth.fmr if one.rate == "fmr" else truth.fnmr
            tally.add(f"difference of {one.rate.upper()}", one.ci, rates[place[one.first]] - rates[place[one.second]])
        for name in groups.fairness.intervals:
            tally.add(name, groups.fairness.intervals[name], truth.fairness[name])
    return tally


def add_whole(tally, result, truth):
    tally.add("EER", result.eer_ci, truth.eer)
    for target in ("0.1", "0.01", "0.001"):
        tally.add(f"TAR at FAR {target}", result.tar_at_far[target].tar_ci, truth.tar(float(target)))


def run_whole(design, studies, draws, seed=0):
    """Measure EER and TAR of the whole set where chance decides which group each subject is of, as they say."""
    rng, tally, truth = np.random.default_rng(seed), Tally(), Truth(design)
    for number in range(studies):
        sizes = rng.multinomial(len(GROUPS) * design.subjects, [1 / len(GROUPS)] * len(GROUPS)).tolist()
        params = EvaluateParams(scores=Path(__file__), at="threshold=0", bootstrap=draws, seed=number)
        add_whole(tally, evaluate(study(design, rng, sizes), params)[0], truth)
    return tally


def run_equal(design, studies, draws, seed=0, sizes=()):
    """Return how often each figure of equal groups lies inside its null range; `sizes` as of `study`."""
    rng, tally = np.random.default_rng(seed), Tally()
    for number in range(studies):
        params = EvaluateParams(scores=Path(__file__), by="group", at="threshold=0", bootstrap=draws, seed=number)
        fair = evaluate(study(design, rng, sizes), params)[0].groups.fairness
        for name, span in fair.null_ranges.items():
            tally.add(name, span, getattr(fair, name))
    return tally


def main():
    studies, draws = int(os.environ.get("COVERAGE_STUDIES", 400)), int(os.environ.get("COVERAGE_DRAWS", 1000))
    print(f"{studies} studies a design, {draws} draws each; four groups; 95 % is what every interval says")
    for design in DESIGNS:
        print(f"{design.name}: 93 to 97 % is good, 91 to 99 with few subjects or errors", flush=True)
        print("\n".join(run(design, studies, draws).lines(Truth(design).few)), flush=True)
    for design in DESIGNS:
        print(f"{design.name}, subjects' groups by chance", flush=True)
        print("\n".join(run_whole(design, studies, draws).lines(Truth(design).few)), flush=True)
    for design in EQUAL:
        print(f"{design.name}: figures inside their null ranges", flush=True)
        print("\n".join(run_equal(design, studies, draws).lines()), flush=True)
    for design in EQUAL:
        for sizes in UNEVEN:
            print(f"{design.name}, groups of {sizes} people: figures inside their null ranges", flush=True)
            print("\n".join(run_equal(design, studies, draws, sizes=sizes).lines()), flush=True)
