"""Intervals of every figure of an evaluation, by subjects where they are known, else by pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.intervals.by_pairs import By, threshold_by_pairs
from fairdesk.metrics.intervals.by_subjects import FEW, rate_interval, spread_of, stretch_for_few
from fairdesk.metrics.intervals.common_rates import WholeSpread, add_whole_rates, draw_rate, withhold_set_rates
from fairdesk.metrics.intervals.group_order import in_order, order_of_groups
from fairdesk.metrics.intervals.group_spread import CommonSpread
from fairdesk.metrics.intervals.pair_draws import draw_pairs
from fairdesk.metrics.intervals.rate_variance import too_few
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
from fairdesk.metrics.rates.error_rates import TARGETS, Floats, Scores, equal_error_rate, resolvable, threshold_at_fmr
from fairdesk.metrics.results import EvaluateResult, Figures
from fairdesk.metrics.scores.grouped_scores import Grouped, with_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects, number_subjects, strangers_line, why_unknown
from fairdesk.shares import Interval
from fairdesk.words import tr

Array = npt.NDArray[np.float64]

DRAWS = 1000
_MEMORY = 2_500_000_000  # bytes that the draws of all groups may take
_KEPT = 960_000  # rates kept of a cell: with more draws, at fewer thresholds


class Drawn(NamedTuple):
    """The draws behind the intervals of an evaluation: those of the whole set, and of its groups where there are some."""

    whole: Draws
    """Of subjects as one group, whatever groups the comparisons are told apart by."""
    everyone: Subjects
    """As one group."""
    draws: Draws
    """Of each group's subjects."""
    subjects: Subjects
    common: CommonSpread | None
    rates: WholeSpread | None
    """Of all comparisons at the operating point."""


def add_intervals(
    result: EvaluateResult, scores: ScoreSet, everything: Scores, params: EvaluateParams, check: Callable[[], None],
    grouped: Grouped | None = None, own: dict[str, Scores] | None = None, threshold: CommonThreshold | None = None,
) -> Drawn | None:  # fmt: skip
    """Add intervals to a result, or say why there are none; returns the draws of subjects, if they are known.

    Raises
    ------
    RequestError
        If draws are asked for and too many comparisons do not name their subjects where others do, or the draws would take too much memory.
    """
    withhold_set_rates(result, threshold, params)
    if params.bootstrap == 0:
        _without_draws(result, tr("no draws were asked for"))
        result.interval = _by_pairs(tr("no draws were asked for"))
        return None
    scores, grouped = with_scores(scores, grouped)
    subjects = number_subjects(scores, grouped, params.by)
    if subjects is None and params.bootstrap and (why := why_unknown(scores)) is not None:
        raise RequestError(tr("{why}, so subjects cannot be resampled. Name them, or leave --bootstrap out.", why=why))
    check()
    order = order_of_groups(everything, own or {}, subjects)
    if subjects is not None and own:
        subjects = in_order(subjects, np.array([list(own).index(name) for name in order], dtype=np.int64))
    count, groups = params.bootstrap or DRAWS, {name: (own or {})[name] for name in order}
    budget = int(np.clip(_KEPT / count, 48, 480 if subjects is not None else 240))
    exact = [found for one in groups.values() for found in _own_thresholds(one)]
    ends = _thresholds_of_all(everything)
    if threshold is not None:
        exact.append(threshold.value)
    only = _only_group(groups, everything)
    chosen = choose_thresholds(everything, [] if only else list(groups.values()), [*exact, *ends], budget)
    check()
    if (beyond := _beyond_memory(len(groups), len(chosen), count)) is not None:
        if params.bootstrap:
            raise RequestError(beyond)
        result.no_draws_why = beyond
        _without_draws(result, beyond)
        result.interval = _by_pairs(beyond)
        return None
    everyone = None if subjects is None else subjects.as_one_group()
    alone = chosen if threshold is None else choose_thresholds(everything, [], ends, budget)
    extra = None  # the whole set's threshold, of which its EER and TAR are to know nothing
    if result.at_threshold is not None and threshold is not None and subjects is not None:
        extra = float(threshold.value) if np.isfinite(threshold.value) and threshold.value not in alone else None
    cells = _cells(list(groups), threshold, params)
    spread: WholeSpread | None = None
    if subjects is None or everyone is None:
        whole = draw_pairs(everything, {}, alone, count, params.seed, check)
        draws = draw_pairs(everything, groups, chosen, count, params.seed, check) if groups else whole
        result.pair_draws = count
    else:
        assert scores.score is not None and scores.label is not None
        drawn = alone if extra is None else np.sort(np.append(alone, extra))
        whole = draw_subjects(everyone, scores.score, scores.label, drawn, {ALL: [0]}, count, params.seed, check)
        parts = [] if only else _threshold_parts(scores.score, grouped, threshold, params)
        anew = [
            draw_subjects(everyone, part, scores.label, chosen, {ALL: [0]}, count, params.seed, check) for part in parts
        ]
        spread = add_whole_rates(result, anew or [whole], threshold, params)
        at_it, whole = whole, whole if extra is None else whole.without(extra)
        draws = whole
        if only:
            draws = replace(at_it, cells=dict.fromkeys(cells, at_it.cells[ALL]))
        elif groups:
            draws = draw_subjects(subjects, scores.score, scores.label, chosen, cells, count, params.seed, check)
        result.subjects, result.draws = subjects.named, count
        result.unnamed = int(subjects.unnamed.sum()) or None
    by: By | None = None if subjects is not None else "pairs"
    own_cells = {name: (whole.cells[ALL], whole) if only else (draws.cells[GROUP + name], draws) for name in groups}
    _own_figures(result, whole.cells[ALL], whole, everything, by)
    for name, row in ({} if result.groups is None else result.groups.per_group).items():
        _own_figures(row, *own_cells[name], groups[name], by)
    common = None
    if result.groups is not None and threshold is not None:
        common = CommonSpread(result.groups, draws, threshold, params, subjects, order, result.n_impostor)
        common.fill(check)
    result.interval = _said(result, scores, params.seed)
    if result.draws is not None and subjects is not None and (strange := strangers_line(subjects, grouped)):
        result.interval += "; " + strange
    return None if subjects is None or everyone is None else Drawn(whole, everyone, draws, subjects, common, spread)


def _only_group(groups: dict[str, Scores], everything: Scores) -> bool:
    """Tell whether one group has all comparisons: then what is drawn of it is what is drawn of all."""
    return len(groups) == 1 and all((one.ng, one.ni) == (everything.ng, everything.ni) for one in groups.values())


def _cells(names: list[str], threshold: CommonThreshold | None, params: EvaluateParams) -> dict[str, list[int]]:
    """Return the parts of the comparisons whose rates are drawn by group: of each group, and where the threshold is from."""
    cells = {GROUP + name: [number] for number, name in enumerate(names)}
    if threshold is not None and threshold.from_data and params.threshold_from == "all":
        cells[ALL] = list(range(len(names) + 1))
    if params.threshold_from == "within-group":
        cells[WITHIN] = list(range(len(names)))
    return cells


def _threshold_parts(
    score: Floats, grouped: Grouped | None, threshold: CommonThreshold | None, params: EvaluateParams
) -> list[Floats]:
    """Return all scores and those alone that the threshold is taken from; none where that is from all, or was typed.

    The same subjects are drawn for both, so that each draw has its threshold.
    """
    source = params.threshold_from
    if grouped is None or threshold is None or not threshold.from_data or source == "all":
        return []
    group = source.removeprefix("group:")
    part = grouped.within_groups() if group == "within-group" else grouped.within(grouped.names.index(group))
    return [score, np.where(part, score, np.nan)]


def _said(result: EvaluateResult, scores: ScoreSet, seed: int) -> str:
    """Say how the intervals were made, or why there is none."""
    if (why := _why_none(result)) is not None:
        return tr("none: {why}", why=why)
    if result.draws is not None:
        return tr("95 % by subjects, {draws:,} draws, seed {seed}", draws=result.draws, seed=seed)
    why = why_unknown(scores) or tr("the scores do not name subjects")
    drawn = tr("EER, TAR and figures by {draws:,} draws of pairs, seed {seed}", draws=result.pair_draws, seed=seed)
    return f"{_by_pairs(why)}; {drawn}; {threshold_by_pairs()}"


def _why_none(result: EvaluateResult) -> str | None:
    """Return the first reason where no figure has an interval, or None where one has."""
    groups = result.groups
    rows: list[Figures] = [result, *(groups.per_group.values() if groups is not None else ())]
    points = [point for row in rows for point in (row.tar_at_far or {}).values()]
    rates = list(groups.per_group.values()) if groups is not None else []
    found = [row.eer_ci for row in rows] + [point.tar_ci for point in points]
    found += [ci for row in rates for ci in (row.fmr_ci, row.fnmr_ci)]
    if any(found) or (groups is not None and groups.fairness.intervals):
        return None
    reasons = [why for row in rates for why in (row.fmr_ci_why, row.fnmr_ci_why)]
    reasons += [row.eer_ci_why or row.eer_why for row in rows]
    return next((why for why in reasons if why), tr("no figure is defined"))


def _without_draws(result: EvaluateResult, why: str) -> None:
    """Say at each figure that has no interval without draws that it has none."""
    groups = result.groups
    for row in (result, *(groups.per_group.values() if groups is not None else ())):
        if row.eer is not None:
            row.eer_ci_why = why
        for point in (row.tar_at_far or {}).values():
            if point.tar is not None:
                point.tar_ci_why = why
    if groups is not None:
        groups.differences_why = groups.differences_why or why
        fair = groups.fairness
        fair.intervals_why = {row.name: why for row in fair.rows() if row.value is not None}


def _beyond_memory(groups: int, thresholds: int, count: int) -> str | None:
    """Say that draws of so many groups take more memory than is given to them, or None.

    Every group has its rates at the thresholds of all groups, so that memory grows with the square of their number.
    """
    needed = (groups + 2) * thresholds * (16 * (count + 1) + 8 * BATCH)
    if needed <= _MEMORY:
        return None
    return tr(
        "draws for {groups:,} groups would take {gigabytes:,.0f} GB of memory; evaluate fewer groups at once, or give --bootstrap 0",
        groups=groups,
        gigabytes=max(needed / 1e9, 3),
    )


def _by_pairs(why: str) -> str:
    return tr("Wilson 95 %, as if pairs were independent: too narrow") + f" ({why})"


def _own_thresholds(scores: Scores) -> list[float]:
    return [] if scores.missing() is not None else [equal_error_rate(scores).threshold]


def _thresholds_of_all(scores: Scores) -> list[float]:
    """Return the thresholds of the EER and of each target FAR of all comparisons, whichever is the operating point.

    So TAR at a FAR and the FNMR at the operating point of that FMR are read at the same places, and mirror each other.
    """
    if scores.missing() is not None:
        return []
    targets = [threshold_at_fmr(scores, name).threshold for name in TARGETS if resolvable(name, scores.ni)]
    return [*_own_thresholds(scores), *targets]


def _own_figures(row: Figures, curves: Curves, draws: Draws, scores: Scores, by: By | None) -> None:
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
    found_ci = rate_interval(
        row.eer, spread_of(values), max(float(fmr.freedom[at]), float(fnmr.freedom[at])), fnmr.trials_at(at)
    )
    equal = equal_error_rate(scores)
    own = int(draws.at(equal.threshold, reject_all=equal.reject_all).upper[0])
    row.eer_ci = _held_by_rates(found_ci, curves, own)
    row.eer_ci_by = by
    for target, point in (row.tar_at_far or {}).items():
        there = curves.at_target(float(target))
        if point.tar is None or there is None:
            continue
        if not point.resolvable:
            point.tar_ci_why = tr("below resolution")
            continue
        misses = round((1 - point.tar) * scores.ng)
        found_fnmr = draw_rate(1 - point.tar, curves.fnmr, fnmr, there, misses, scores.ng, fmr)
        if isinstance(found_fnmr, str):
            point.tar_ci_why = found_fnmr
            continue
        low, high = found_fnmr.interval
        point.tar_ci, point.tar_ci_by = (1 - high, 1 - low), by


def _held_by_rates(interval: Interval, curves: Curves, place: int) -> Interval:
    """Return the interval of an EER that rests on few errors, held to those of the two rates at its own threshold.

    At any threshold the EER lies between the FMR and the FNMR, as the one falls and the other rises. Where errors are few
    the draws' EER jumps from one to the next, and on the logit scale of a tiny rate that is no bound at all. Without an
    error of one kind the EER may be as small as any number.
    """
    spans: list[Interval] = []
    fewest = FEW
    for curve, one in ((curves.fmr, curves.fmr_variance), (curves.fnmr, curves.fnmr_variance)):
        if curve is None or one is None:
            return interval
        rate, deviation, freedom = float(one.rate[place]), spread_of(curve[:, place]), float(one.freedom[place])
        errors = round(float(one.errors[place]))
        fewest = min(fewest, errors)
        deviation *= stretch_for_few(rate, deviation, freedom, errors, round(one.trials))
        spans.append(rate_interval(rate, deviation, freedom, one.trials_at(place)))
    if fewest >= FEW:
        return interval
    (low, high), (other_low, other_high) = spans
    lowest = min(low, other_low)
    return max(interval[0], lowest) if lowest > 0 else 0.0, min(interval[1], max(high, other_high))
