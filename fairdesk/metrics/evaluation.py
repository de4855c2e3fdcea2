"""From scores to the whole evaluation: overall figures, each group's at one threshold, fairness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.error_rates import (
    TARGETS,
    Floats,
    Scores,
    area_under_curve,
    d_prime,
    equal_error_rate,
    resolvable,
    sort_scores,
    threshold_at_fmr,
)
from fairdesk.metrics.fairness import accuracy_figures, fairness_figures
from fairdesk.metrics.intervals import bootstrap_rates, count_pairs, percentile, subject_weights, wilson
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.results import CrossCell, Dropped, EvaluateResult, Fairness, GroupFigures, GroupsResult, TarPoint
from fairdesk.metrics.score_files import ScoreSet
from fairdesk.words import tr, tr_n

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
        out["d_prime_why"] = tr("the scores have no variance")
    out["tar_at_far"] = _tar_table(scores, distance=distance)
    if equal.eer > 0.5:
        out["warning"] = tr(
            "The EER is above 0.5: these may be distances. If small means alike, evaluate with --distance."
        )
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


@dataclass(frozen=True)
class Grouped:
    """Comparisons by group: genuine ones within it, impostor ones within it."""

    names: list[str]
    code1: npt.NDArray[np.int64]
    code2: npt.NDArray[np.int64]
    score: Floats
    label: Mask

    def within(self, group: int) -> Mask:
        """Comparisons whose two faces are of one group."""
        same: Mask = (self.code1 == group) & (self.code2 == group)
        return same


def group_comparisons(scores: ScoreSet) -> Grouped:
    """Number the groups of a score set, in order of their names. Raises `RequestError` if it has none."""
    if scores.group1 is None or scores.group2 is None or scores.score is None or scores.label is None:
        raise RequestError(tr("These scores do not name groups: they need group1 and group2 for each comparison."))
    names, codes = np.unique(np.concatenate([scores.group1, scores.group2]), return_inverse=True)
    n = len(scores.score)
    kept = [name for name in names.tolist() if name]
    if not kept:
        raise RequestError(tr("These scores do not name groups: group1 and group2 are empty."))
    shift = 1 if len(kept) < len(names) else 0  # the empty name sorts first: code -1
    return Grouped(kept, codes[:n] - shift, codes[n:] - shift, scores.score, scores.label)


def per_group_scores(grouped: Grouped) -> dict[str, Scores]:
    """Return each group's own scores: genuine, and impostor within the group."""
    out = {}
    for number, name in enumerate(grouped.names):
        within = grouped.within(number)
        out[name] = sort_scores(grouped.score[within & grouped.label], grouped.score[within & ~grouped.label])
    return out


def choose_threshold(grouped: Grouped, everything: Scores, params: EvaluateParams) -> tuple[float, str]:
    """Return the one threshold for all groups, as similarity, and the rule in words.

    Raises
    ------
    RequestError
        If the named group is not there, or the pairs to take it from are missing.
    """
    if params.at.startswith("threshold="):
        value = float(params.at.partition("=")[2])
        return _sign(value, params.distance), tr("threshold {value:g}, as given", value=value)
    source, words = everything, tr("all pairs")
    if params.threshold_from == "within-group":
        same = grouped.code1 == grouped.code2
        source = sort_scores(grouped.score[same & grouped.label], grouped.score[same & ~grouped.label])
        words = tr("pairs within groups")
    elif params.threshold_from.startswith("group:"):
        name = params.threshold_from[6:]
        if name not in grouped.names:
            raise RequestError(
                tr("There is no group {name!r}. The scores have: {names}", name=name, names=", ".join(grouped.names))
            )
        source, words = per_group_scores(grouped)[name], tr("the group {name}", name=name)
        if params.at != "eer":  # its impostors set the FMR; the threshold lies among everyone's genuine scores
            source = Scores(everything.genuine, source.impostor)
    if source.missing():
        raise RequestError(tr("No threshold can be taken from {pairs}: {why}.", pairs=words, why=source.missing()))
    if params.at == "eer":
        return equal_error_rate(source).threshold, tr("EER of {pairs}", pairs=words)
    target = params.at.partition("=")[2]
    rule = tr("FMR <= {target} on {pairs}", target=target, pairs=words)
    if not resolvable(target, source.ni):
        rule += " " + tr_n(
            "(below resolution: only {n:,} impostor score)",
            "(below resolution: only {n:,} impostor scores)",
            source.ni,
        )
    return threshold_at_fmr(source, target).threshold, rule


def _group_row(scores: Scores, threshold: float, *, distance: bool) -> dict[str, Any]:
    """Error counts, rates and own figures of one group at the common threshold."""
    row: dict[str, Any] = {"genuine": scores.ng, "impostor": scores.ni, "dropped": _dropped(scores)}
    reject_all = math.isinf(threshold) and threshold > 0
    matches = 0 if reject_all else scores.ni - int(np.searchsorted(scores.impostor, threshold, "left"))
    misses = scores.ng if reject_all else int(np.searchsorted(scores.genuine, threshold, "left"))
    row |= {"false_matches": matches, "false_non_matches": misses}
    if scores.ni:
        row["fmr"] = matches / scores.ni
    else:
        row |= _undefined(("fmr",), tr("no impostor pairs within this group"))
    if scores.ng:
        row["fnmr"] = misses / scores.ng
    else:
        row |= _undefined(("fnmr",), tr("no genuine pairs in this group"))
    why = scores.missing()
    if why is None:
        row["eer"], row["d_prime"] = equal_error_rate(scores).eer, d_prime(scores)
        row["auc"], row["tar_at_far"] = area_under_curve(scores), _tar_table(scores, distance=distance)
        if row["d_prime"] is None:
            row["d_prime_why"] = tr("the scores have no variance")
    else:
        row |= _undefined(("eer", "d_prime", "auc", "tar_at_far"), tr("{why} in this group", why=why))
    total = scores.ng + scores.ni
    row["accuracy"] = (total - matches - misses) / total if total else None
    if not total:
        row["accuracy_why"] = tr("no comparisons in this group")
    return row


def by_group(scores: ScoreSet, everything: Scores, params: EvaluateParams) -> GroupsResult:
    """Return the `groups` part of an evaluation: every group at one common threshold, and fairness."""
    grouped = group_comparisons(scores)
    threshold, rule = choose_threshold(grouped, everything, params)
    own = per_group_scores(grouped)
    table = {name: _group_row(own[name], threshold, distance=params.distance) for name in grouped.names}
    _add_intervals(table, grouped, scores, threshold, params)
    fairness = fairness_figures(
        {name: row["fmr"] for name, row in table.items()},
        {name: row["fnmr"] for name, row in table.items()},
        params.alpha,
    )
    accuracy = {name: 100 * row["accuracy"] for name, row in table.items() if row["accuracy"] is not None}
    return GroupsResult(
        threshold=_sign(threshold, params.distance),
        rule=rule,
        per_group={name: GroupFigures(**row) for name, row in table.items()},
        fairness=Fairness(**fairness, **accuracy_figures(accuracy)),
        fmr_matrix=_matrix(grouped, threshold),
        interval=tr("subject bootstrap, {draws} draws, seed {seed}", draws=params.bootstrap, seed=params.seed)
        if params.bootstrap
        else tr("Wilson 95 %, as if pairs were independent"),
    )


def _add_intervals(
    table: dict[str, dict[str, Any]], grouped: Grouped, scores: ScoreSet, threshold: float, params: EvaluateParams
) -> None:
    codes: npt.NDArray[np.int64] | None = None
    if params.bootstrap:
        if scores.subject1 is None or scores.subject2 is None:
            raise RequestError(
                tr("These scores do not name subjects (subject1, subject2), so subjects cannot be resampled.")
            )
        _, codes = np.unique(np.concatenate([scores.subject1, scores.subject2]), return_inverse=True)
    n = len(grouped.score)
    for number, (name, row) in enumerate(table.items()):
        for rate, errors, trials, genuine in (
            ("fmr", "false_matches", "impostor", False), ("fnmr", "false_non_matches", "genuine", True),
        ):  # fmt: skip
            if codes is None:
                interval = wilson(row[errors], row[trials])
            else:
                use = grouped.within(number) & (grouped.label == genuine) & ~np.isnan(grouped.score)
                interval = _bootstrap(codes[:n][use], codes[n:][use], grouped.score[use], threshold, genuine, params)
            row[f"{rate}_ci"] = interval
            if interval is None:
                row[f"{rate}_ci_why"] = row.get(f"{rate}_why") or tr(
                    "too few subjects in {group} for an interval", group=name
                )


def _bootstrap(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], score: Floats, threshold: float, genuine: bool,
    params: EvaluateParams,
) -> tuple[float, float] | None:  # fmt: skip
    if not len(score):
        return None
    subjects, packed = np.unique(np.concatenate([first, second]), return_inverse=True)
    if len(subjects) < 2:
        return None
    wrong = score < threshold if genuine else score >= threshold
    counts = count_pairs(packed[: len(first)], packed[len(first) :], wrong, len(subjects))
    return percentile(bootstrap_rates(counts, subject_weights(len(subjects), params.bootstrap, params.seed)))


def _matrix(grouped: Grouped, threshold: float) -> dict[str, CrossCell]:
    """Return false matches between each two groups (order does not matter): {"A|B": {...}}."""
    use = ~grouped.label & ~np.isnan(grouped.score) & (grouped.code1 >= 0) & (grouped.code2 >= 0)
    low = np.minimum(grouped.code1[use], grouped.code2[use])
    high = np.maximum(grouped.code1[use], grouped.code2[use])
    n = len(grouped.names)
    cells = low * n + high
    trials = np.bincount(cells, minlength=n * n)
    wrong = np.bincount(cells[grouped.score[use] >= threshold], minlength=n * n)
    out = {}
    for a, first in enumerate(grouped.names):
        for b, second in enumerate(grouped.names):
            cell = min(a, b) * n + max(a, b)
            count, errors = int(trials[cell]), int(wrong[cell])
            out[f"{first}|{second}"] = CrossCell(
                impostor=count,
                false_matches=errors,
                fmr=errors / count if count else None,
                fmr_why=None if count else tr("no impostor pairs between these groups"),
            )
    return out


def evaluate(scores: ScoreSet, params: EvaluateParams) -> tuple[EvaluateResult, Scores]:
    """Evaluate a score set (already similarities); returns the figures and the sorted scores."""
    genuine, impostor = scores.split()
    sorted_scores = sort_scores(genuine, impostor, in_place=True)
    result = overall(sorted_scores, distance=params.distance)
    if scores.measure:
        result.measure = scores.measure
    result.rest_on(dict(scores.about))
    if params.by == "group":
        result.groups = by_group(scores, sorted_scores, params)
    return result, sorted_scores
