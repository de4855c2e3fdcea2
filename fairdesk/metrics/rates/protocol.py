"""The figures of verification protocols: accuracy over folds, named operating points, InsightFace's rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.fairness.figures import accuracy_figures
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import TARGETS, Scores
from fairdesk.metrics.rates.fold_accuracy import RULES, blocks, fold_accuracy, one_sided
from fairdesk.metrics.rates.insightface_rules import tar_at_nearest_far
from fairdesk.metrics.rates.operating_points import equal_error_of_hull, operating_points
from fairdesk.metrics.rates.protocol_results import FoldFairness, FoldFigures, NearestPoint, OperatingPoint
from fairdesk.metrics.results import EvaluateResult, Figures
from fairdesk.metrics.scores.grouped_scores import Grouped
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

INSIGHTFACE_TARGETS = TARGETS


def add_points(row: Figures, scores: Scores, params: EvaluateParams) -> None:
    """Add named operating points, the EER of the convex hull and, where asked for, InsightFace's TAR."""
    why = scores.missing()
    if why is not None:
        row.eer_hull_why = row.operating_points_why = row.eer_why
        return
    row.eer_hull = equal_error_of_hull(scores)
    sign = -1 if params.distance else 1
    row.operating_points = {
        name: OperatingPoint(fmr=point.fmr, fnmr=point.fnmr, threshold=sign * point.threshold)
        for name, point in operating_points(scores).items()
    }
    if params.insightface:
        row.tar_at_nearest_far = {
            target: NearestPoint(tar=tar, far=far)
            for target, (tar, far) in tar_at_nearest_far(scores, INSIGHTFACE_TARGETS).items()
        }


def add_folds(
    result: EvaluateResult, scores: ScoreSet, params: EvaluateParams, check: Callable[[], None],
    grouped: Grouped | None = None,
) -> None:  # fmt: skip
    """Add the accuracy over folds, of all comparisons and of each group's own."""
    if params.folds is None and (scores.fold is None or len(np.unique(scores.fold)) < 2):
        return
    everything = np.ones(0 if scores.score is None else len(scores.score), dtype=bool)
    rules = RULES if params.insightface else tuple(rule for rule in RULES if rule != "insightface")
    result.fold_accuracy = {rule: _folded(scores, everything, rule, params) for rule in rules}
    if result.groups is None or grouped is None:
        return
    result.groups.fold_fairness = {}
    for rule in rules:
        accuracy = {}
        for number, name in enumerate(grouped.names):
            check()
            row = result.groups.per_group[name]
            found = _folded(scores, grouped.within(number), rule, params)
            row.fold_accuracy = {**(row.fold_accuracy or {}), rule: found}
            if found.accuracy is not None:
                accuracy[name] = 100 * found.accuracy
        result.groups.fold_fairness[rule] = FoldFairness(**accuracy_figures(accuracy))


def _squared_distances(score: Array, measure: str) -> Array | None:
    if measure == "cosine similarity":
        return np.asarray(2 - 2 * score)
    return np.asarray(score**2) if measure == "negative euclidean distance" else None


def _folded(scores: ScoreSet, use: Mask, rule: str, params: EvaluateParams) -> FoldFigures:
    if scores.score is None or scores.label is None:
        return FoldFigures(
            accuracy=None, accuracy_why=tr("the file does not have the comparisons in order"), folds=0, comparisons=0
        )
    rows = np.flatnonzero(use)
    if params.folds is None:
        assert scores.fold is not None
        fold = scores.fold[rows]
    else:
        fold = blocks(len(rows), params.folds)
    scored = ~np.isnan(scores.score[rows])
    rows, fold = rows[scored], fold[scored]
    score, label = scores.score[rows].astype(np.float64), scores.label[rows]
    count = len(np.unique(fold))
    squared = _squared_distances(score, scores.measure) if rule == "insightface" else None
    why = None
    if count < 2:
        why = tr("there are fewer than two folds")
    elif one_sided(label, fold):
        why = tr("the other folds of a fold have no genuine or no impostor comparisons")
    elif rule == "insightface" and squared is None:
        why = tr("the scores do not say that they are cosines or Euclidean distances")
    if why is not None:
        return FoldFigures(accuracy=None, accuracy_why=why, folds=count, comparisons=len(rows))
    found = fold_accuracy(score, label, fold, rule, squared)
    sign = -1 if params.distance and rule != "insightface" else 1
    return FoldFigures(
        accuracy=found.mean,
        std=found.deviation(0),
        standard_error=found.standard_error,
        folds=count,
        comparisons=len(rows),
        per_fold=found.accuracy.tolist(),
        thresholds=[float(sign * one) for one in found.threshold],
    )
