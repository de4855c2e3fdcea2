"""From scores to the whole evaluation: overall figures, each group's at one threshold, fairness."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.fairness.figures import (
    accuracy_figures,
    fairness_figures,
    floored_accuracy_ratio,
    floored_ratios,
    parts_of,
)
from fairdesk.metrics.fairness.results import Fairness
from fairdesk.metrics.pairs_behind.pair_query import cell_key
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold, choose_threshold, takes_no_threshold
from fairdesk.metrics.rates.error_rates import (
    TARGETS,
    Scores,
    area_under_curve,
    d_prime,
    equal_error_rate,
    no_d_prime,
    resolvable,
    sort_scores,
    threshold_at_fmr,
)
from fairdesk.metrics.rates.own_thresholds import own_thresholds
from fairdesk.metrics.rates.protocol import add_folds, add_points
from fairdesk.metrics.rates.sorted_places import place_of
from fairdesk.metrics.rates.whole_results import WholeRates
from fairdesk.metrics.results import (
    CrossCell,
    Dropped,
    EvaluateResult,
    GroupFigures,
    GroupsResult,
    NotInAGroup,
    TarPoint,
)
from fairdesk.metrics.scores.grouped_scores import (
    Grouped,
    group_comparisons,
    per_group_scores,
    regrouped,
    too_many_to_pair,
)
from fairdesk.metrics.scores.odd_names import alike_groups, odd_labels
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.shares import wilson
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.metrics.intervals.uncertainty import Drawn

Mask = npt.NDArray[np.bool_]


def _undefined(keys: tuple[str, ...], why: str) -> dict[str, Any]:
    return dict.fromkeys(keys) | {f"{key}_why": why for key in keys}


def _sign(value: float, distance: bool) -> float:
    return -value if distance else value


def overall(scores: Scores, *, distance: bool = False) -> EvaluateResult:
    """Return counts, EER, AUC, d' and TAR at each FAR; undefined figures are None with a reason."""
    out: dict[str, Any] = {
        "n_genuine": scores.ng, "n_impostor": scores.ni,
        "dropped": _dropped(scores),
    }  # fmt: skip
    why = scores.missing()
    if why is not None:
        points = {
            name: TarPoint(
                **_undefined(("tar", "fmr", "threshold", "false_matches"), why), resolvable=resolvable(name, scores.ni)
            )
            for name in TARGETS
        }
        nothing = _undefined(("eer", "eer_low", "eer_high", "eer_threshold", "eer_interpolated", "auc", "d_prime"), why)
        return EvaluateResult(**out, **nothing, tar_at_far=points)
    equal = equal_error_rate(scores)
    out |= {
        "eer": equal.eer, "eer_low": equal.low, "eer_high": equal.high,
        "eer_threshold": _sign(equal.threshold, distance), "eer_interpolated": equal.interpolated,
        "auc": area_under_curve(scores), "d_prime": d_prime(scores),
    }  # fmt: skip
    if out["d_prime"] is None:
        out["d_prime_why"] = no_d_prime(scores)
    out["tar_at_far"] = _tar_table(scores, distance=distance)
    if equal.eer > 0.5:
        if distance:
            said = tr(
                "The EER is above 0.5: these may be similarities, though they are taken for distances, or the labels may be "
                "the other way round (1 for different people)."
            )
        else:
            said = tr(
                "The EER is above 0.5: these may be distances, or the labels may be the other way round (1 for different "
                "people). If small means alike, evaluate with --distance. If 1 means different people, turn the labels, or "
                "call a table's column of them different."
            )
        out["warning"] = said
    return EvaluateResult(**out)


def _dropped(scores: Scores) -> Dropped:
    return Dropped(genuine=scores.dropped_genuine, impostor=scores.dropped_impostor)


def _tar_table(scores: Scores, *, distance: bool) -> dict[str, TarPoint]:
    """Return TAR at each target FAR, with what was achieved."""
    table = {}
    for name in TARGETS:
        point = threshold_at_fmr(scores, name)
        table[name] = TarPoint(
            tar=(scores.ng - point.false_non_matches) / scores.ng,
            fmr=point.fmr,
            threshold=_sign(point.threshold, distance),
            false_matches=point.false_matches,
            resolvable=resolvable(name, scores.ni),
        )
    return table


def common_row(scores: Scores, threshold: CommonThreshold, *, whole: bool = False) -> dict[str, Any]:
    """Return the error counts and rates of one group, or of all comparisons (`whole`), at the common threshold."""
    no_genuine, no_impostor = (
        (tr("no genuine scores"), tr("no impostor scores"))
        if whole
        else (tr("no genuine pairs in this group"), tr("no impostor pairs within this group"))
    )
    reject_all, value = threshold.reject_all, threshold.value
    matches = 0 if reject_all else scores.ni - place_of(scores.impostor, value)
    misses = scores.ng if reject_all else place_of(scores.genuine, value)
    row: dict[str, Any] = {"false_matches": matches, "false_non_matches": misses}
    for rate, errors, trials, why in (
        ("fmr", matches, scores.ni, no_impostor),
        ("fnmr", misses, scores.ng, no_genuine),
    ):
        row |= {rate: errors / trials, f"{rate}_why": None} if trials else _undefined((rate,), why)
        no = threshold.no_interval(rate)
        row[f"{rate}_ci"] = row[f"{rate}_ci_pairs"] = None if no else wilson(errors, trials)
        row[f"{rate}_ci_why"] = row[f"{rate}_ci_pairs_why"] = row[f"{rate}_why"] or no
        row[f"{rate}_ci_by"] = "pairs" if trials and not no else None
    total = scores.ng + scores.ni
    if scores.ng:
        row |= {"accuracy": (total - matches - misses) / total, "accuracy_why": None}
    else:
        row |= _undefined(("accuracy",), no_genuine if total else tr("no comparisons in this group"))
    return row


def _own_row(scores: Scores, *, distance: bool) -> dict[str, Any]:
    """Return the figures of one group that no common threshold decides."""
    row: dict[str, Any] = {"genuine": scores.ng, "impostor": scores.ni, "dropped": _dropped(scores)}
    why = scores.missing()
    if why is None:
        equal = equal_error_rate(scores)
        row["eer"], row["eer_interpolated"], row["d_prime"] = equal.eer, equal.interpolated, d_prime(scores)
        row["auc"], row["tar_at_far"] = area_under_curve(scores), _tar_table(scores, distance=distance)
        if row["d_prime"] is None:
            row["d_prime_why"] = no_d_prime(scores)
    else:
        row |= _undefined(("eer", "d_prime", "auc", "tar_at_far"), tr("{why} in this group", why=why))
    for kind, values in (("genuine", scores.genuine), ("impostor", scores.impostor)):
        if len(values):
            with np.errstate(invalid="ignore"):  # infinite scores of both signs have no mean
                middles = {"mean": float(values.mean(dtype=np.float64)), "median": float(np.median(values))}
            row |= {f"{kind}_{name}": _sign(one, distance) for name, one in middles.items() if not math.isnan(one)}
    return row


def fairness_of(rows: dict[str, GroupFigures], params: EvaluateParams) -> Fairness:
    """Return the fairness figures of groups at one threshold."""
    fmr, fnmr = ({name: getattr(row, rate) for name, row in rows.items()} for rate in ("fmr", "fnmr"))
    fairness = fairness_figures(fmr, fnmr, params.alpha, params.target_fmr)
    rated = [
        {name: (value, trials) for name, value, trials in found if value is not None}
        for found in (
            [(name, row.fmr, row.impostor) for name, row in rows.items()],
            [(name, row.fnmr, row.genuine) for name, row in rows.items()],
        )
    ]
    fairness["floored"] = floored_ratios(rated[0], rated[1], params.alpha, fairness)
    accuracy = {name: 100 * row.accuracy for name, row in rows.items() if row.accuracy is not None}
    figures = accuracy_figures(accuracy)
    if figures["SER"] == math.inf:
        errors = {name: (1 - of / 100, rows[name].impostor + rows[name].genuine) for name, of in accuracy.items()}
        fairness["floored"]["SER"] = floored_accuracy_ratio(errors)
    return Fairness(**fairness, **figures, **parts_of(fmr, fnmr, accuracy, params.alpha))


def by_group(
    grouped: Grouped, own: dict[str, Scores], threshold: CommonThreshold, params: EvaluateParams,
    check: Callable[[], None],
) -> GroupsResult:  # fmt: skip
    """Return the `groups` part of an evaluation: every group at one common threshold, and fairness."""
    rows = {}
    for name in grouped.names:
        check()
        rows[name] = GroupFigures(**_own_row(own[name], distance=params.distance), **common_row(own[name], threshold))
    return GroupsResult(
        threshold=threshold.shown(distance=params.distance),
        rule=threshold.rule,
        per_group=rows,
        fairness=fairness_of(rows, params),
        fmr_matrix=_matrix(grouped, threshold),
        fmr_matrix_why=too_many_to_pair(len(grouped.names)),
        not_in_a_group=_not_in_a_group(grouped),
        interval="",
    )


def _not_in_a_group(grouped: Grouped) -> NotInAGroup:
    """Count the comparisons that no group's rates are made of."""
    good = ~np.isnan(grouped.score)
    unnamed = (grouped.code1 < 0) | (grouped.code2 < 0)
    across = (grouped.code1 != grouped.code2) & ~unnamed
    return NotInAGroup(
        genuine_across=int((across & good & grouped.label).sum()),
        impostor_across=int((across & good & ~grouped.label).sum()),
        genuine_unnamed=int((unnamed & good & grouped.label).sum()),
        impostor_unnamed=int((unnamed & good & ~grouped.label).sum()),
    )


def _matrix(grouped: Grouped, threshold: CommonThreshold) -> dict[str, CrossCell]:
    """Return false matches between each two groups (order does not matter): {"A|B": {...}}."""
    use = ~grouped.label & ~np.isnan(grouped.score) & (grouped.code1 >= 0) & (grouped.code2 >= 0)
    low = np.minimum(grouped.code1[use], grouped.code2[use])
    high = np.maximum(grouped.code1[use], grouped.code2[use])
    n = len(grouped.names)
    if too_many_to_pair(n) is not None:  # no table of every two either
        return {}
    cells = low * n + high
    trials = np.bincount(cells, minlength=n * n)
    wrong = np.bincount(cells[threshold.accepts(grouped.score[use])], minlength=n * n)
    return matrix_of(grouped.names, lambda cell: (int(trials[cell]), int(wrong[cell])))


def matrix_of(names: list[str], counted: Callable[[int], tuple[int, int]]) -> dict[str, CrossCell]:
    """Return the cells between every two groups; `counted` gives comparisons and errors of the cell low * n + high."""
    n = len(names)
    out: dict[str, CrossCell] = {}
    if too_many_to_pair(n) is not None:
        return out
    for a, first in enumerate(names):
        for b, second in enumerate(names):
            count, errors = counted(min(a, b) * n + max(a, b))
            out[cell_key(first, second)] = CrossCell(
                impostor=count,
                false_matches=errors,
                fmr=errors / count if count else None,
                fmr_why=None if count else tr("no impostor pairs between these groups"),
            )
    return out


def whole_rates(scores: Scores, threshold: CommonThreshold, *, distance: bool) -> WholeRates:
    """Return the rates of all comparisons, of whatever groups, at a threshold; their intervals are by pairs."""
    row = common_row(scores, threshold, whole=True)
    return WholeRates(threshold=threshold.shown(distance=distance), rule=threshold.rule, **row)


@dataclass
class Evaluated:
    """The figures of a score set, its sorted scores, and what they were made with."""

    result: EvaluateResult
    scores: Scores
    grouped: Grouped | None = None
    own: dict[str, Scores] = field(default_factory=dict)
    """Each group's scores, sorted."""
    threshold: CommonThreshold | None = None
    drawn: Drawn | None = None


def _at_threshold(result: EvaluateResult, scores: Scores, params: EvaluateParams) -> CommonThreshold | None:
    """Add the rates of all comparisons at the operating point, or why there are none; returns the threshold."""
    lacking = scores.missing()
    if lacking is not None and params.threshold_from == "all" and takes_no_threshold(scores, params.at):
        result.at_threshold_why = lacking
        return None
    found = choose_threshold(None, scores, params)
    result.at_threshold = whole_rates(scores, found, distance=params.distance)
    return found


def evaluate(
    scores: ScoreSet, params: EvaluateParams, check: Callable[[], None] = lambda: None
) -> tuple[EvaluateResult, Scores]:
    """Evaluate a score set (already similarities); returns the figures and the sorted scores.

    `check` is called every fraction of a second and may raise to end it.
    """
    found = evaluate_whole(scores, params, check)
    return found.result, found.scores


def evaluate_whole(scores: ScoreSet, params: EvaluateParams, check: Callable[[], None] = lambda: None) -> Evaluated:
    """Evaluate a score set; returns all that the figures were made with."""
    named, scores = scores, regrouped(scores, params.by)
    from fairdesk.metrics.intervals.uncertainty import add_intervals  # scipy: the window imports it when it evaluates

    genuine, impostor = scores.split()
    check()
    sorted_scores = sort_scores(genuine, impostor, in_place=True)
    check()
    result = overall(sorted_scores, distance=params.distance)
    if scores.measure:
        result.measure = scores.measure
    result.rest_on(dict(scores.about))
    result.warn([*scores.told, *odd_labels(scores)])
    check()
    add_points(result, sorted_scores, params)
    check()
    if params.by == "none":
        add_folds(result, scores, params, check)
        common = _at_threshold(result, sorted_scores, params)
        drawn = add_intervals(result, named, sorted_scores, params, check, threshold=common)
        return Evaluated(result, sorted_scores, threshold=common, drawn=drawn)
    grouped = group_comparisons(scores)
    result.warn(alike_groups(grouped.names))
    check()
    threshold = choose_threshold(grouped, sorted_scores, params)
    result.at_threshold = whole_rates(sorted_scores, threshold, distance=params.distance)
    own = per_group_scores(grouped)
    check()
    result.groups = by_group(grouped, own, threshold, params, check)
    for name, row in result.groups.per_group.items():
        check()
        add_points(row, own[name], params)
    add_folds(result, scores, params, check, grouped)
    check()
    result.groups.own_thresholds = own_thresholds(own, params, check)
    check()
    drawn = add_intervals(result, named, sorted_scores, params, check, grouped, own, threshold)
    result.groups.interval = result.interval or ""
    return Evaluated(result, sorted_scores, grouped, own, threshold, drawn)
