"""Intervals of every figure of an evaluation, by subjects where they are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.fairness.spread import figure_interval, many_figures, permuted_rates, weighted_interval
from fairdesk.metrics.intervals.by_pairs import Interval
from fairdesk.metrics.intervals.by_subjects import LEVEL, likely_rates, middle, rate_interval, stretch_for_few
from fairdesk.metrics.intervals.rate_variance import FEWEST, Variance
from fairdesk.metrics.intervals.subject_draws import Curves, Draws, Place, choose_thresholds, draw_subjects
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold
from fairdesk.metrics.rates.error_rates import Scores, equal_error_rate
from fairdesk.metrics.results import Difference, EvaluateResult, Figures, GroupsResult
from fairdesk.metrics.scores.grouped_scores import Grouped
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects, number_subjects, why_unknown
from fairdesk.words import tr

Array = npt.NDArray[np.float64]

DRAWS = 1000
_HELD = 0.05  # of a rate's own spread: what is left of it where the threshold follows it
_KEPT = 960_000  # rates kept of a cell: with more draws, at fewer thresholds
ALL, WITHIN, GROUP = "*", "=", ":"  # names of cells; a group's stands behind the last


class Drawn(NamedTuple):
    """The draws behind the intervals of an evaluation; `common` where there are groups."""

    draws: Draws
    subjects: Subjects
    common: Common | None


def add_intervals(
    result: EvaluateResult, scores: ScoreSet, everything: Scores, params: EvaluateParams, check: Callable[[], None],
    grouped: Grouped | None = None, own: dict[str, Scores] | None = None, threshold: CommonThreshold | None = None,
) -> Drawn | None:  # fmt: skip
    """Add intervals by subjects to a result, or say why there are none; returns the draws.

    Raises
    ------
    RequestError
        If draws of subjects are asked for and the scores do not name them.
    """
    subjects = None if params.bootstrap == 0 else number_subjects(scores, grouped)
    if subjects is None:
        if params.bootstrap:
            raise RequestError(why_unknown(scores))
        result.interval = _by_pairs(params, scores)
        return None
    check()
    count = params.bootstrap or DRAWS
    groups = own or {}
    exact = [_found for one in (everything, *groups.values()) for _found in _own_thresholds(one)]
    if threshold is not None:
        exact.append(threshold.value)
    names = list(groups)
    cells = {ALL: list(range(len(names) + 1))} | {GROUP + name: [number] for number, name in enumerate(names)}
    if params.threshold_from == "within-group":
        cells[WITHIN] = list(range(len(names)))
    budget = int(np.clip(_KEPT / count, 48, 480))
    chosen = choose_thresholds(everything, list(groups.values()), exact, budget)
    check()
    assert scores.score is not None
    assert scores.label is not None
    draws = draw_subjects(subjects, scores.score, scores.label, chosen, cells, count, params.seed, check)
    result.subjects, result.draws = subjects.count, count
    result.interval = tr("95 % by subjects, {draws:,} draws, seed {seed}", draws=count, seed=params.seed)
    _own_figures(result, draws.cells[ALL], draws, everything)
    if result.groups is None or grouped is None or threshold is None:
        return Drawn(draws, subjects, None)
    for name, one in groups.items():
        _own_figures(result.groups.per_group[name], draws.cells[GROUP + name], draws, one)
    common = Common(result.groups, draws, threshold, params)
    common.fill(subjects, check)
    return Drawn(draws, subjects, common)


def _by_pairs(params: EvaluateParams, scores: ScoreSet) -> str:
    said = tr("Wilson 95 %, as if pairs were independent: too narrow")
    if params.bootstrap == 0:
        return said
    unnamed = scores.subject1 is None or scores.subject2 is None
    why = tr("the scores do not name subjects") if unnamed else tr("some scores do not name both subjects")
    return f"{said} ({why})"


def _own_thresholds(scores: Scores) -> list[float]:
    return [] if scores.missing() is not None else [equal_error_rate(scores).threshold]


def _freedom(variance: Variance, place: int) -> float:
    return float(variance.freedom[place])


def _spread(values: Array) -> float:
    return float(np.std(values[1:], ddof=1))


def too_few(variance: Variance | None) -> str | None:
    """Say that there are too few subjects for an interval, or None."""
    if variance is not None and variance.subjects >= FEWEST:
        return None
    return tr("fewer than {n} subjects", n=FEWEST)


def _own_figures(row: Figures, curves: Curves, draws: Draws, scores: Scores) -> None:
    """Add the intervals of the EER and of TAR at each FAR, with thresholds taken anew in each draw."""
    if row.eer is None:
        return
    fmr, fnmr = curves.fmr_variance, curves.fnmr_variance
    few = too_few(fmr) or too_few(fnmr)
    found = curves.equal_error()
    if few is not None or found is None or fmr is None or fnmr is None or curves.fnmr is None:
        row.eer_ci_why = few
        for point in (row.tar_at_far or {}).values():
            point.tar_ci_why = few
        return
    values, place = found
    at = int(place.upper[0])
    row.eer_ci = rate_interval(row.eer, _spread(values), max(_freedom(fmr, at), _freedom(fnmr, at)), fnmr.trials_at(at))
    for target, point in (row.tar_at_far or {}).items():
        there = curves.at_target(float(target))
        if point.tar is None or there is None:
            continue
        if not point.resolvable:
            point.tar_ci_why = tr("below resolution")
            continue
        at = int(there.upper[0])
        tar = 1 - there.of(curves.fnmr)
        point.tar_ci = rate_interval(point.tar, _spread(tar), _freedom(fnmr, at), fnmr.trials_at(at))


def _widen_together(spreads: list[tuple[Difference, Array]]) -> None:
    """Give differences intervals that hold together: each its own, stretched by one factor.

    The factor is the 95 % quantile, over draws, of the largest deviation in units of the own interval (max-T; Romano and
    Wolf, 2005). Of one difference it is 1.
    """
    largest = np.zeros(0)
    for made, likely in spreads:
        assert made.ci is not None
        down, up = made.difference - made.ci[0], made.ci[1] - made.difference
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.nan_to_num(np.maximum((made.difference - likely) / down, (likely - made.difference) / up))
        largest = np.maximum(largest, away) if len(largest) else away
    if not spreads:
        return
    factor = max(1.0, float(np.quantile(largest, LEVEL)))
    for made, _ in spreads:
        assert made.ci is not None
        low, high = made.difference - made.ci[0], made.ci[1] - made.difference
        made.together = (max(-1.0, made.difference - factor * low), min(1.0, made.difference + factor * high))


class Common:
    """The figures of all groups at the common threshold."""

    def __init__(self, groups: GroupsResult, draws: Draws, threshold: CommonThreshold, params: EvaluateParams) -> None:
        self.groups, self.draws, self.threshold, self.params = groups, draws, threshold, params
        self.place, self.fixed = self._place(), draws.at(threshold.value, reject_all=threshold.reject_all)
        self.made: dict[str, dict[str, tuple[float, Array, float, float]]] = {"fmr": {}, "fnmr": {}}

    def _place(self) -> Place:
        """Return where the threshold lies in each draw: the same, or taken anew by its rule."""
        fixed = self.draws.at(self.threshold.value, reject_all=self.threshold.reject_all)
        if not self.threshold.from_data:
            return fixed
        source = self.params.threshold_from
        name = ALL if source == "all" else WITHIN if source == "within-group" else GROUP + source[6:]
        curves = self.draws.cells[name]
        if self.params.at == "eer":
            found = curves.equal_error()
            return fixed if found is None else found[1]
        return curves.at_target(float(self.params.at.partition("=")[2])) or fixed

    def fill(self, subjects: Subjects, check: Callable[[], None]) -> None:
        """Add the intervals of rates, differences and fairness figures, and the null ranges."""
        for number, (name, row) in enumerate(self.groups.per_group.items()):
            check()
            row.subjects = int((subjects.group == number).sum())
            curves = self.draws.cells[GROUP + name]
            row.fmr_ci, row.fmr_ci_why = self._rate("fmr", name, row.fmr, row.fmr_why, curves.fmr, curves.fmr_variance)
            row.fnmr_ci, row.fnmr_ci_why = self._rate(
                "fnmr", name, row.fnmr, row.fnmr_why, curves.fnmr, curves.fnmr_variance
            )
        self.groups.differences = list(self._differences())
        check()
        self._fairness(self._null_ranges(subjects))

    def _rate(
        self, rate: str, name: str, value: float | None, why: str | None, curve: Array | None, variance: Variance | None
    ) -> tuple[Interval | None, str | None]:
        if value is None or curve is None or variance is None:
            return None, why
        few = too_few(variance)
        if few is not None:
            return None, few
        values = self.place.of(curve)
        at = int(self.place.upper[0])
        spread = _spread(values)
        if spread < _HELD * np.sqrt(variance.variance[at]):
            return None, tr("the threshold is set by this rate")
        freedom, worth = _freedom(variance, at), variance.trials_at(at)
        row = self.groups.per_group[name]
        errors, trials = (row.false_matches, row.impostor) if rate == "fmr" else (row.false_non_matches, row.genuine)
        stretch = stretch_for_few(value, spread, freedom, errors, trials)
        values, spread = values[0] + stretch * (values - values[0]), stretch * spread
        self.made[rate][name] = (value, values, freedom, worth)
        return rate_interval(value, spread, freedom, worth), None

    def likely(self, rate: str, groups: int) -> dict[str, Array]:
        """Return likely rates of each group that has an interval, for a figure of so many groups.

        Their degrees of freedom add up: that the variances of all groups are too small at once is not likely.
        """
        rng = np.random.default_rng([self.params.seed, 1, rate == "fmr"])
        return {
            name: likely_rates(value, values, freedom * groups, worth, rng)
            for name, (value, values, freedom, worth) in self.made[rate].items()
        }

    def _differences(self) -> list[Difference]:
        out = []
        for rate in ("fmr", "fnmr"):
            rates = self.likely(rate, 2)
            known = {n: v for n, row in self.groups.per_group.items() if (v := getattr(row, rate)) is not None}
            spreads: list[tuple[Difference, Array]] = []
            for one, two in combinations(known, 2):
                likely = [rates[name] for name in (one, two) if name in rates]
                ci = middle(likely[0] - likely[1]) if len(likely) == 2 else None
                why = None if ci is not None else tr("one of the two rates has no interval")
                made = Difference(
                    rate=rate, first=one, second=two, difference=known[one] - known[two], ci=ci, ci_why=why
                )
                out.append(made)
                if ci is not None:
                    spreads.append((made, likely[0] - likely[1]))
            _widen_together(spreads)
        return out

    def _columns(self, rate: str, likely: dict[str, Array]) -> Array:
        """Return likely rates of the groups whose rate is defined; one without an interval stays as it is."""
        rows = self.groups.per_group
        columns = []
        for name, row in rows.items():
            value = getattr(row, rate)
            if value is not None:
                columns.append(likely.get(name, np.full(self.draws.count, value)))
        return np.stack(columns, 1) if columns else np.empty((self.draws.count, 0))

    def _accuracies(self, fmr: dict[str, Array], fnmr: dict[str, Array]) -> Array | None:
        columns = []
        for name, row in self.groups.per_group.items():
            if row.accuracy is not None:
                wrong = row.impostor * fmr.get(name, np.array(row.fmr or 0.0)) + row.genuine * fnmr.get(
                    name, np.array(row.fnmr or 0.0)
                )
                columns.append(np.broadcast_to(100 - 100 * wrong / (row.impostor + row.genuine), self.draws.count))
        return np.stack(columns, 1) if columns else None

    def likely_figures(self) -> dict[str, Array]:
        """Return every fairness figure over likely rates, one value a draw."""
        fmr, fnmr = (self.likely(rate, len(self.groups.per_group)) for rate in ("fmr", "fnmr"))
        return many_figures(
            self._columns("fmr", fmr), self._columns("fnmr", fnmr), self.params.alpha, self._accuracies(fmr, fnmr),
            self.params.target_fmr,
        )  # fmt: skip

    def _fairness(self, wide: dict[str, Interval]) -> None:
        fair = self.groups.fairness
        found = self.likely_figures()
        for figure, values in found.items():
            estimate = getattr(fair, figure)
            interval = None if estimate is None else figure_interval(figure, estimate, values, wide.get(figure))
            if interval is not None:
                fair.intervals[figure] = interval
        ginis = [(fair.gini_fmr, fair.intervals.get("gini_fmr")), (fair.gini_fnmr, fair.intervals.get("gini_fnmr"))]
        weights = (fair.alpha, 1 - fair.alpha)
        parts = [
            (weight, value, interval)
            for weight, (value, interval) in zip(weights, ginis, strict=True)
            if value is not None and interval is not None
        ]
        if len(parts) == 2 and "GARBE" in fair.intervals:  # both are too large in a sample: the sum even more so
            low, high = fair.intervals["GARBE"]
            fair.intervals["GARBE"] = (max(0.0, min(low, weighted_interval(parts)[0])), high)

    def _null_ranges(self, subjects: Subjects) -> dict[str, Interval]:
        """Add the ranges of 95 % of studies with equal groups, and return those of 98 %."""
        rows = self.groups.per_group
        if len(rows) < 2:
            return {}
        fixed = self.fixed
        count = int((subjects.group >= 0).sum())
        rng = np.random.default_rng([self.params.seed, 2])
        orders = rng.permuted(np.tile(np.arange(count), (self.draws.count, 1)), axis=1)
        rates = {
            rate: permuted_rates(kind, int(fixed.upper[0]), orders)
            for rate, kind in zip(("fmr", "fnmr"), self.draws.kinds, strict=True)
        }
        named = {rate: dict(zip(rows, values.T, strict=True)) for rate, values in rates.items()}
        defined = {
            rate: [number for number, row in enumerate(rows.values()) if getattr(row, rate) is not None]
            for rate in rates
        }
        wide: dict[str, Interval] = {}
        found = many_figures(
            rates["fmr"][:, defined["fmr"]],
            rates["fnmr"][:, defined["fnmr"]],
            self.params.alpha,
            self._accuracies(named["fmr"], named["fnmr"]),
            self.params.target_fmr,
        )
        for figure, values in found.items():
            span, wider = middle(values), middle(values, 0.98)
            if span is not None and wider is not None and getattr(self.groups.fairness, figure) is not None:
                self.groups.fairness.null_ranges[figure] = span
                wide[figure] = wider
        return wide
