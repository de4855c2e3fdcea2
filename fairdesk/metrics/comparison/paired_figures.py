"""The figures of two models over the same comparisons, with intervals of their differences by subjects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.comparison.disagreements import Disagreements, Reach, disagreements_of, held, within_own
from fairdesk.metrics.comparison.figure_differences import jointly_inverted, moved_apart, shifted_difference
from fairdesk.metrics.evaluation import Evaluated
from fairdesk.metrics.fairness.figure_functions import rates_behind
from fairdesk.metrics.fairness.figure_notes import smaller_is_fairer
from fairdesk.metrics.intervals.by_subjects import FEW, middle, t_quantile
from fairdesk.metrics.intervals.common_rates import DrawnRate
from fairdesk.metrics.intervals.group_spread import CommonSpread
from fairdesk.metrics.intervals.paired_spread import paired_deviation
from fairdesk.metrics.intervals.subject_draws import ALL, GROUP, Curves, Place
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import TARGETS
from fairdesk.metrics.rates.threshold_rates import ThresholdRates
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.shares import Z95, Interval
from fairdesk.words import tr

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Row = tuple[str, str | None, float, float, Interval | None, str | None]


class _Paired(NamedTuple):
    """How a difference of two rates at fixed thresholds spreads in the draws, and by how much it is to be stretched."""

    spread: float
    stretch: float
    freedom: float
    disagreements: Disagreements

    @property
    def reaches(self) -> list[Reach]:
        """How far the difference may reach at least, where disagreements are few."""
        return [self.disagreements.reach()] if self.disagreements.few else []


class PairedFigures:
    """The figures of two models, drawn over the same subjects."""

    def __init__(
        self, one: ScoreSet, two: ScoreSet, first: Evaluated, second: Evaluated, params: EvaluateParams, undrawn: str
    ) -> None:
        self.sets, self.found, self.params = (one, two), (first, second), params
        self.undrawn = undrawn  # why there are no draws, where there are none
        assert one.label is not None
        self.label = one.label
        self._paired_rates: dict[tuple[str, str], _Paired] = {}  # of each rate and group with an interval
        self._likely: list[dict[str, Array]] = []  # both models' figures over likely rates, where they were needed

    def _curves(self, cell: str) -> tuple[Curves, Curves] | None:
        drawn = [one.drawn for one in self.found]
        if drawn[0] is None or drawn[1] is None:
            return None
        one, two = (found.whole if cell == ALL else found.draws for found in (drawn[0], drawn[1]))
        return one.cells[cell], two.cells[cell]

    def _errors(self, which: int, rate: str, threshold: float, kind: Mask) -> Mask:
        """Tell which comparisons of a kind are errors."""
        score = self.sets[which].score
        assert score is not None
        accepted = score[kind] >= np.float64(threshold)
        return np.asarray(accepted if rate == "fmr" else ~accepted)

    def _paired(
        self, rate: str, use: Mask, thresholds: tuple[float, float], curves: tuple[Curves, Curves],
        places: tuple[Place, Place], *, whole: bool = False,
    ) -> _Paired | str:  # fmt: skip
        """Return how a difference of rates spreads at fixed thresholds, or why that is not known.

        Of the `whole` set subjects are one group.
        """
        few = tr("fewer than {n} subjects", n=4)
        drawn = self.found[0].drawn
        sides = [getattr(one, rate) for one in curves]
        variances = [getattr(one, f"{rate}_variance") for one in curves]
        if drawn is None or None in (*variances,) or sides[0] is None or sides[1] is None:
            return few
        fixed = [_fixed(place).of(side) for place, side in zip(places, sides, strict=True)]
        spread = float(np.std((fixed[1] - fixed[0])[1:], ddof=1))
        kind = use & (self.label == (rate == "fnmr"))
        one, two = (self._errors(which, rate, thresholds[which], kind) for which in (0, 1))
        difference = np.zeros(len(kind))
        difference[kind] = two.astype(np.float64) - one
        made = paired_deviation(drawn.everyone if whole else drawn.subjects, kind, difference)
        if made is None:
            return few
        deviation, freedom = made
        stretch = (deviation / spread if spread > 0 and deviation > 0 else 1.0) * t_quantile(freedom) / Z95
        worth = min(of.trials_at(int(place.upper[0])) for of, place in zip(variances, places, strict=True))
        return _Paired(spread, stretch, freedom, disagreements_of(one, two, worth))

    def own_figures(self, check: Callable[[], None]) -> list[Row]:
        """EER and TAR at each FAR, over all comparisons and (the EER) for each group."""
        rows: list[Row] = []
        results = [one.result for one in self.found]
        everyone = np.ones(len(self.label), dtype=bool)
        if results[0].eer is not None and results[1].eer is not None:
            own = [one.eer_ci for one in results]
            rows.append(self._eer(ALL, None, everyone, results[0].eer, results[1].eer, own))
            for target in TARGETS:
                points = [(one.tar_at_far or {})[target] for one in results]
                if points[0].tar is None or points[1].tar is None or not points[0].resolvable:
                    continue
                check()
                rows.append(self._tar(target, points[0].tar, points[1].tar, [one.tar_ci for one in points]))
        groups = [one.result.groups for one in self.found]
        grouped = self.found[0].grouped
        if groups[0] is None or groups[1] is None or grouped is None:
            return rows
        for number, name in enumerate(grouped.names):
            figures = [one.per_group[name] for one in groups if one is not None]
            eers, own = [one.eer for one in figures], [one.eer_ci for one in figures]
            check()
            use = grouped.within(number)
            cell = ALL if use.all() else GROUP + name  # one group that has all comparisons is all of them
            if eers[0] is not None and eers[1] is not None:
                rows.append(self._eer(cell, name, use, eers[0], eers[1], own))
        return rows

    def _eer(
        self, cell: str, group: str | None, use: Mask, first: float, second: float, own: list[Interval | None]
    ) -> Row:
        curves = self._curves(cell)
        found = None if curves is None else [one.equal_error() for one in curves]
        if found is None or found[0] is None or found[1] is None or curves is None:
            why = self.undrawn if curves is None else tr("only one kind of comparison")
            return "eer", group, first, second, None, why
        (one, place_one), (two, place_two) = found[0], found[1]
        places, thresholds = (place_one, place_two), self._thresholds(cell, (place_one, place_two))
        spreads, wanted = 0.0, 0.0
        reaches: list[Reach] = []
        for rate in ("fmr", "fnmr"):
            made = self._paired(rate, use, thresholds, curves, places, whole=cell == ALL)
            if isinstance(made, str):
                return "eer", group, first, second, None, made
            spreads += made.spread**2
            wanted += (made.spread * made.stretch) ** 2
            if made.disagreements.hardly_any:  # an EER moves less than the rate that changes
                reaches += made.reaches
        factor = math.sqrt(wanted / spreads) if spreads > 0 else 1.0
        ci = held(_around(second - first, two - one, factor), second - first, reaches, own)
        return "eer", group, first, second, ci, None

    def _thresholds(self, cell: str, places: tuple[Place, Place]) -> tuple[float, float]:
        """Return the thresholds at the data's own places."""
        found = [one.drawn for one in self.found]
        assert found[0] is not None and found[1] is not None
        one, two = (drawn.whole if cell == ALL else drawn.draws for drawn in (found[0], found[1]))
        return float(one.thresholds[places[0].upper[0]]), float(two.thresholds[places[1].upper[0]])

    def _tar(self, target: str, first: float, second: float, own: list[Interval | None]) -> Row:
        name = f"tar_at_far {target}"
        curves = self._curves(ALL)
        places = None if curves is None else [one.at_target(float(target)) for one in curves]
        if curves is None or places is None or places[0] is None or places[1] is None:
            return name, None, first, second, None, self.undrawn
        sides = [one.fnmr for one in curves]
        if sides[0] is None or sides[1] is None:
            return name, None, first, second, None, tr("no genuine comparisons")
        both = (places[0], places[1])
        moving = [place.of(side) for place, side in zip(both, (sides[0], sides[1]), strict=True)]
        everyone = np.ones(len(self.label), dtype=bool)
        made = self._paired("fnmr", everyone, self._thresholds(ALL, both), curves, both, whole=True)
        if isinstance(made, str):
            return name, None, first, second, None, made
        reaches = [(up, down) for down, up in made.reaches]  # a TAR rises as the FNMR falls
        ci = held(_around(second - first, moving[0] - moving[1], made.stretch), second - first, reaches, own)
        return name, None, first, second, ci, None

    def rates(self, check: Callable[[], None]) -> list[Row]:
        """FMR and FNMR of all comparisons and of each group, each model at its own operating point."""
        results = [one.result for one in self.found]
        groups = [one.groups for one in results]
        grouped = self.found[0].grouped
        told: list[tuple[str | None, Mask, list[ThresholdRates]]] = []
        whole = [one.at_threshold for one in results if one.at_threshold is not None]
        if len(whole) == 2:
            told.append((None, np.ones(len(self.label), dtype=bool), [*whole]))
        if groups[0] is not None and groups[1] is not None and grouped is not None:
            for number, name in enumerate(grouped.names):
                told.append((name, grouped.within(number), [one.per_group[name] for one in groups if one is not None]))
        rows: list[Row] = []
        for rate in ("fmr", "fnmr"):
            for group, use, figures in told:
                check()
                values = [getattr(one, rate) for one in figures]
                if None not in values:
                    ci, why = self._rate(rate, group, use, figures)
                    rows.append((rate, group, values[0], values[1], ci, why))
        return rows

    def _rate(
        self, rate: str, group: str | None, use: Mask, figures: list[ThresholdRates]
    ) -> tuple[Interval | None, str | None]:
        thresholds = [one.threshold for one in self.found]
        if None in thresholds or None in [one.drawn for one in self.found]:
            return None, self.undrawn
        one, two = (self._drawn_rate(found, rate, group) for found in self.found)
        if one is None or two is None:
            whys = [why for row in figures if (why := getattr(row, f"{rate}_ci_why"))]
            return None, whys[0] if whys else tr("one of the two rates has no interval")
        values = [math.inf if at.reject_all else float(at.value) for at in thresholds if at is not None]
        curves, places = (one[0], two[0]), (one[1], two[1])
        paired = self._paired(rate, use, (values[0], values[1]), curves, places, whole=group is None or bool(use.all()))
        if isinstance(paired, str):
            return None, paired
        if group is not None:
            self._paired_rates[rate, group] = paired
        first, second = one[2], two[2]
        difference = second.rate - first.rate
        drawn_apart = _around(difference, second.values - first.values, paired.stretch)
        return held(drawn_apart, difference, paired.reaches, [first.interval, second.interval]), None

    def _drawn_rate(self, found: Evaluated, rate: str, group: str | None) -> tuple[Curves, Place, DrawnRate] | None:
        """Return the curves of a group, or of all, where a threshold that stays lies in them, and the rate's draws."""
        drawn = found.drawn
        if drawn is None:
            return None
        if group is None:
            of, made = drawn.rates, None if drawn.rates is None else drawn.rates.made.get(rate)
            return None if of is None or made is None else (of.curves, of.fixed, made)
        common = drawn.common
        made = None if common is None else common.made[rate].get(group)
        return None if common is None or made is None else (drawn.draws.cells[GROUP + group], common.fixed, made)

    def fairness(self, check: Callable[[], None]) -> list[Row]:
        """Every fairness figure, both models over the same draws."""
        groups = [one.result.groups for one in self.found]
        commons = [None if one.drawn is None else one.drawn.common for one in self.found]
        if groups[0] is None or groups[1] is None:
            return []
        check()
        one, two = commons
        drawn = set() if one is None or two is None else one.functions().keys() & two.functions().keys()
        rows: list[Row] = []
        for row in groups[0].fairness.rows():
            other = getattr(groups[1].fairness, row.name)
            if row.value is None or other is None or smaller_is_fairer(row.name) is None:
                continue
            if not (math.isfinite(row.value) and math.isfinite(other)):
                rows.append((row.name, None, row.value, other, None, tr("one of the two is infinite")))
                continue
            if one is None or two is None or row.name not in drawn:
                rows.append((row.name, None, row.value, other, None, self.undrawn))
                continue
            few = one.too_few_behind(row.name) or two.too_few_behind(row.name)
            if few is not None:
                rows.append((row.name, None, row.value, other, None, few))
                continue
            ci = self._figure_difference(row.name, (row.value, other), (one, two), check)
            own = [common.groups.fairness.intervals.get(row.name) for common in (one, two)]
            ci = within_own(ci, other - row.value, own)
            rows.append((row.name, None, row.value, other, ci, None))
        return rows

    def _figure_difference(
        self,
        name: str,
        values: tuple[float, float],
        commons: tuple[CommonSpread, CommonSpread],
        check: Callable[[], None],
    ) -> Interval | None:
        """Return the interval of a figure's difference: by inversion; where a rate is 0 or 1, or both models err alike, from likely rates (too)."""
        ratio = name == "IR" or name == "SER" or "_over_" in name
        joint = jointly_inverted(name, values, commons, ratio=ratio, check=check)
        if joint is not None and not any(self._few_disagreements(rate) for rate in rates_behind(name)):
            return joint
        self._likely = self._likely or self._likely_figures(*commons)
        shifted = shifted_difference(
            values,
            (self._likely[0][name], self._likely[1][name]),
            [one.groups.fairness.intervals.get(name) for one in commons],
            ratio=ratio,
            bound=None if name.startswith("accuracy") or name == "fmr_MAPE" else 1.0,
            bare=any(self._bare(rate) for rate in rates_behind(name)),
            few=any(self._few_errors(rate) for rate in rates_behind(name)),
            falls=not smaller_is_fairer(name),
        )
        if joint is None or shifted is None:
            return joint or shifted
        return min(shifted[0], joint[0]), max(shifted[1], joint[1])

    def _bare(self, rate: str) -> bool:
        """Tell whether a group has no error, or nothing else, in one of the models."""
        groups = [one.result.groups for one in self.found]
        return any(getattr(row, rate) in (0, 1) for one in groups if one for row in one.per_group.values())

    def _few_disagreements(self, rate: str) -> bool:
        """Tell whether the models disagree on few comparisons of a group."""
        return any(one.disagreements.few for (which, _), one in self._paired_rates.items() if which == rate)

    def _few_errors(self, rate: str) -> bool:
        """Tell whether a group has few errors in one of the models."""
        errors = "false_matches" if rate == "fmr" else "false_non_matches"
        groups = [one.result.groups for one in self.found]
        return any(getattr(row, errors) < FEW for one in groups if one for row in one.per_group.values())

    def _likely_figures(self, first: CommonSpread, second: CommonSpread) -> list[dict[str, Array]]:
        """Return every fairness figure of both models over the same draws.

        A rate without an error says nothing of the other model's: both are drawn apart. Where the models disagree on few
        comparisons of a group, their rates are moved apart and towards each other, half each, so that the difference
        reaches as far as those few allow. Each way is drawn with the models' parts changed too, so that it does not matter
        which is called the first.
        """
        apart = {}
        rng = np.random.default_rng([self.params.seed, 6])
        for rate in ("fmr", "fnmr"):
            likely = [one.likely(rate, len(one.rows)) for one in (first, second)]
            for name in first.rows:
                normal = rng.normal(size=first.draws.count)
                paired = self._paired_rates.get((rate, name))
                if paired is not None and paired.disagreements.few:
                    rates = first.made[rate][name].rate, second.made[rate][name].rate
                    by = moved_apart(rates, (likely[0][name], likely[1][name]), paired.disagreements.reach())
                    if by > 0:
                        apart[rate, name] = by * normal / Z95
        if not apart and not self._bare("fmr") and not self._bare("fnmr"):
            return [first.likely_figures(), second.likely_figures()]
        nearer = {key: -by for key, by in apart.items()}
        ways = [[one.likely_figures(0, nearer), one.likely_figures(1, apart)] for one in (first, second)]
        return [
            {name: np.concatenate([ways[0][0][name], ways[0][1][name]]) for name in ways[0][0]},
            {name: np.concatenate([ways[1][1][name], ways[1][0][name]]) for name in ways[1][0]},
        ]


def _fixed(place: Place) -> Place:
    """Return the data's own threshold in every draw."""
    return Place(np.full_like(place.upper, place.upper[0]), np.full_like(place.share, place.share[0]))


def _around(estimate: float, draws: Array, factor: float) -> tuple[float, float] | None:
    span = middle(factor * (draws[1:] - draws[0]))
    return None if span is None else (max(-1.0, estimate + span[0]), min(1.0, estimate + span[1]))
