"""Intervals of every figure of an evaluation, by subjects where they are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.intervals.by_subjects import rate_interval, spread_of
from fairdesk.metrics.intervals.group_spread import CommonSpread
from fairdesk.metrics.intervals.rate_variance import Variance, too_few
from fairdesk.metrics.intervals.subject_draws import (
    ALL,
    BATCH,
    GROUP,
    WITHIN,
    Curves,
    Draws,
    choose_thresholds,
    draw_subjects,
)
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold
from fairdesk.metrics.rates.error_rates import Scores, equal_error_rate
from fairdesk.metrics.results import EvaluateResult, Figures
from fairdesk.metrics.scores.grouped_scores import Grouped
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects, number_subjects, why_unknown
from fairdesk.words import tr

Array = npt.NDArray[np.float64]

DRAWS = 1000
_MEMORY = 2_500_000_000  # bytes that the draws of all groups may take
_KEPT = 960_000  # rates kept of a cell: with more draws, at fewer thresholds


class Drawn(NamedTuple):
    """The draws behind the intervals of an evaluation; `common` where there are groups."""

    draws: Draws
    subjects: Subjects
    common: CommonSpread | None


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
    subjects = None if params.bootstrap == 0 else number_subjects(scores, grouped, params.by)
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
    if (beyond := _beyond_memory(len(cells), len(chosen), count)) is not None:
        if params.bootstrap:
            raise RequestError(beyond)
        result.no_draws_why = beyond
        result.interval = tr("Wilson 95 %, as if pairs were independent: too narrow") + f" ({beyond})"
        return None
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
    common = CommonSpread(result.groups, draws, threshold, params)
    common.fill(subjects, check)
    return Drawn(draws, subjects, common)


def _beyond_memory(cells: int, thresholds: int, count: int) -> str | None:
    """Say that draws of subjects of so many groups take more memory than is given to them, or None.

    Every group has its rates at the thresholds of all groups, so that memory grows with the square of their number.
    """
    needed = cells * thresholds * (16 * (count + 1) + 8 * BATCH)
    if needed <= _MEMORY:
        return None
    return tr(
        "draws of subjects for {groups:,} groups would take {gigabytes:,.0f} GB of memory; evaluate fewer groups at once, or give --bootstrap 0",
        groups=cells - 1,
        gigabytes=max(needed / 1e9, 3),
    )


def _by_pairs(params: EvaluateParams, scores: ScoreSet) -> str:
    said = tr("Wilson 95 %, as if pairs were independent: too narrow")
    if params.bootstrap == 0:
        return said
    unnamed = scores.subject1 is None or scores.subject2 is None
    why = tr("the scores do not name subjects") if unnamed else tr("some scores do not name both subjects")
    return f"{said} ({why})"


def _own_thresholds(scores: Scores) -> list[float]:
    return [] if scores.missing() is not None else [equal_error_rate(scores).threshold]


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
    row.eer_ci = rate_interval(
        row.eer, spread_of(values), max(float(fmr.freedom[at]), float(fnmr.freedom[at])), fnmr.trials_at(at)
    )
    for target, point in (row.tar_at_far or {}).items():
        there = curves.at_target(float(target))
        if point.tar is None or there is None:
            continue
        if not point.resolvable:
            point.tar_ci_why = tr("below resolution")
            continue
        at = int(there.upper[0])
        tar = 1 - there.of(curves.fnmr)
        spread = spread_of(tar)
        freedom = _freedom_at_target(spread**2, fnmr, fmr, at)
        point.tar_ci = rate_interval(point.tar, spread, freedom, fnmr.trials_at(at))


def _freedom_at_target(variance: float, fnmr: Variance, fmr: Variance, place: int) -> float:
    """Return the degrees of freedom of a TAR whose threshold follows the FMR (Satterthwaite, 1946).

    What the variance has beyond that at a fixed threshold is the threshold's, and hangs on the subjects of the few
    highest impostor scores.
    """
    own = min(variance, float(fnmr.variance[place]))
    rest = variance - own
    parts = own**2 / float(fnmr.freedom[place]) + rest**2 / float(fmr.freedom[place])
    return variance**2 / parts if parts > 0 else float(fnmr.freedom[place])
