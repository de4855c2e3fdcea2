"""The interval of a rate at one threshold, which stays or is taken anew in each draw: of a group, and of all comparisons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.by_subjects import FEW, rate_interval, spread_of, stretch_for_few
from fairdesk.metrics.intervals.rate_variance import Variance, too_few
from fairdesk.metrics.intervals.subject_draws import ALL, Curves, Draws, Place
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold
from fairdesk.metrics.results import EvaluateResult
from fairdesk.shares import Interval
from fairdesk.words import mark, tr

Array = npt.NDArray[np.float64]

_SET = mark("the threshold is set by this rate")
_STRAYS = 0.01  # of the draws
_HELD = 0.05  # of a rate's own spread: what is left of it where the threshold follows it


class DrawnRate(NamedTuple):
    """A rate, its values in the draws (the first the data's own), degrees of freedom, and comparisons it is worth."""

    rate: float
    values: Array
    freedom: float
    worth: float

    @property
    def interval(self) -> Interval:
        """Of 95 %."""
        return rate_interval(self.rate, spread_of(self.values), self.freedom, self.worth)


def place_in_draws(draws: Draws, curves: Curves, threshold: CommonThreshold, at: str) -> Place:
    """Return where the threshold lies in each draw: the same, or taken anew from the curves by its rule."""
    fixed = draws.at(threshold.value, reject_all=threshold.reject_all)
    if not threshold.from_data:
        return fixed
    if at == "eer":
        found = curves.equal_error()
        return fixed if found is None else found[1]
    return curves.at_target(float(at.partition("=")[2])) or fixed


def setter_of(source: Curves, threshold: CommonThreshold, at: str) -> Variance | None:
    """Return the variance of the FMR that sets a threshold, by its rule and where it comes from; None where none does."""
    return source.fmr_variance if threshold.from_data and at.startswith("fmr=") else None


def sets_threshold(
    threshold: CommonThreshold, params: EvaluateParams, of: str | None, groups: dict[str, int], everyone: int
) -> bool:
    """Tell whether the FMR of a group, or of all comparisons (None), is the one that sets the threshold.

    It is where its impostor comparisons are those that the threshold is from; `groups` and `everyone` count them. At an
    FMR of 1 it is where they are among those: all of them are accepted, whatever the scores. Below resolution no FMR sets
    it: it stands above all scores.
    """
    if not threshold.from_data or threshold.below_resolution or not params.at.startswith("fmr="):
        return False
    source = params.threshold_from
    if source.startswith("group:"):
        return of == source[6:] or (of is None and groups[source[6:]] == everyone)
    if float(params.at.partition("=")[2]) >= 1 and (source == "all" or of is not None):
        return True
    return (everyone if of is None else groups[of]) == (everyone if source == "all" else sum(groups.values()))


def withhold_set_rates(result: EvaluateResult, threshold: CommonThreshold | None, params: EvaluateParams) -> None:
    """Take back the interval by pairs of each FMR that sets the threshold: it is what was asked for, whatever the scores."""
    if threshold is None:
        return
    of_groups = {} if result.groups is None else result.groups.per_group
    impostors = {name: row.impostor for name, row in of_groups.items()}
    for name, row in ((None, result.at_threshold), *of_groups.items()):
        if row is not None and row.fmr and sets_threshold(threshold, params, name, impostors, result.n_impostor):
            row.fmr_ci, row.fmr_ci_by, row.fmr_ci_why = None, None, tr(_SET)


def freedom_at_target(variance: float, fnmr: Variance, fmr: Variance, place: int) -> float:
    """Return the degrees of freedom of an FNMR (or TAR) whose threshold follows an FMR (Satterthwaite, 1946).

    What the variance has beyond that at a fixed threshold is the threshold's, and hangs on the subjects of the few
    highest impostor scores.
    """
    own = min(variance, float(fnmr.variance[place]))
    rest = variance - own
    parts = own**2 / float(fnmr.freedom[place]) + rest**2 / float(fmr.freedom[place])
    return variance**2 / parts if parts > 0 else float(fnmr.freedom[place])


def draw_rate(
    rate: float, curve: Array, variance: Variance, place: Place, errors: int, trials: int,
    setter: Variance | None = None, *, sets: bool = False,
) -> DrawnRate | str:  # fmt: skip
    """Return a rate with how it spreads, or why it has no interval: too few subjects, or a threshold that it `sets`.

    `setter` is of the FMR that sets the threshold, where the rate is an FNMR.
    """
    few = too_few(variance) or (None if setter is None else too_few(setter))
    if few is not None:
        return few
    if sets and rate > 0:
        return tr(_SET)
    values = place.of(curve)
    if errors < FEW and np.ptp(place.upper) > 0:
        values = _without_strays(values)
    at = int(place.upper[0])
    spread = spread_of(values)
    if spread < _HELD * np.sqrt(variance.variance[at]) and 0 < rate < 1:
        return tr("it is the same in nearly all draws")
    freedom = float(variance.freedom[at]) if setter is None else freedom_at_target(spread**2, variance, setter, at)
    stretch = stretch_for_few(rate, spread, freedom, errors, trials)
    return DrawnRate(rate, values[0] + stretch * (values - values[0]), freedom, variance.trials_at(at))


def _without_strays(values: Array) -> Array:
    """Return values whose highest and lowest draws are no farther out than the next ones (`_STRAYS` of them at either end).

    Few errors: a single draw in which the threshold, taken from the data, jumps past the gap between the scores of two
    subjects would be most of the variance, and the interval would hang on the seed.
    """
    low, high = np.quantile(values[1:], [_STRAYS, 1 - _STRAYS])
    return np.append(values[:1], np.clip(values[1:], low, high))


class WholeSpread(NamedTuple):
    """How the rates of all comparisons at the operating point spread: their curves, where the threshold lies in them when it stays, and each rate with its draws."""

    curves: Curves
    fixed: Place
    made: dict[str, DrawnRate]


def add_whole_rates(
    result: EvaluateResult, drawn: list[Draws], threshold: CommonThreshold | None, params: EvaluateParams
) -> WholeSpread | None:
    """Give the rates of all comparisons at the operating point, where there are some, their intervals by subjects.

    `drawn`: of all comparisons, and last (the same draws) of those that the threshold is from.
    """
    row, curves, source = result.at_threshold, drawn[0].cells[ALL], drawn[-1]
    if row is None or threshold is None:
        return None
    made: dict[str, DrawnRate] = {}
    place = place_in_draws(source, source.cells[ALL], threshold, params.at)
    setter = setter_of(source.cells[ALL], threshold, params.at)
    groups = {} if result.groups is None else {name: one.impostor for name, one in result.groups.per_group.items()}
    sets = sets_threshold(threshold, params, None, groups, result.n_impostor)
    for name, errors, trials, curve, variance, by in (
        ("fmr", row.false_matches, result.n_impostor, curves.fmr, curves.fmr_variance, None),
        ("fnmr", row.false_non_matches, result.n_genuine, curves.fnmr, curves.fnmr_variance, setter),
    ):
        value = getattr(row, name)
        if value is None or curve is None or variance is None:
            continue
        found = (
            too_few(variance)
            or threshold.no_interval(name)
            or draw_rate(value, curve, variance, place, errors, trials, by, sets=sets and name == "fmr")
        )
        if not isinstance(found, str):
            made[name] = found
        interval, why = (None, found) if isinstance(found, str) else (found.interval, None)
        setattr(row, f"{name}_ci", interval)
        setattr(row, f"{name}_ci_why", why)
        setattr(row, f"{name}_ci_by", None)
    return WholeSpread(curves, drawn[0].at(threshold.value, reject_all=threshold.reject_all), made)
