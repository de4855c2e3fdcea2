"""Accuracy over folds, each at a threshold that the other folds choose: the protocol of LFW, RFW, CFP and AgeDB.

Papers choose that threshold by different rules, and on RFW these differ by up to 0.3 points. Each has its name here:
`exact`, the threshold with the best accuracy, the lowest of equals; `insightface`, a grid of squared distances from 0 to
3.99 in steps of 0.01, below which two faces are one person; `facex-zoo`, 1,000 steps from the lowest score to the highest,
at the largest TPR - FPR.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

RULES = ("exact", "insightface", "facex-zoo")


@dataclass(frozen=True)
class Folded:
    """Accuracy and threshold of each fold, as similarity; a threshold of the rule `insightface` is a squared distance."""

    rule: str
    accuracy: Array
    threshold: Array

    @property
    def mean(self) -> float:
        """The mean accuracy over folds."""
        return float(self.accuracy.mean())

    def deviation(self, ddof: int) -> float:
        """Return the standard deviation over folds."""
        return float(self.accuracy.std(ddof=ddof))

    @property
    def standard_error(self) -> float:
        """The standard error of the mean (ddof 1), as LFW asks for it."""
        return self.deviation(1) / float(np.sqrt(len(self.accuracy)))


def blocks(count: int, folds: int) -> Ints:
    """Return the fold of each row where folds are consecutive blocks of a list."""
    sizes = np.full(folds, count // folds)
    sizes[: count % folds] += 1  # as scikit-learn's KFold
    return np.repeat(np.arange(folds), sizes)


def fold_accuracy(score: Array, label: Mask, fold: Ints, rule: str, squared: Array | None = None) -> Folded:
    """Return the accuracy over folds; `squared` are the squared distances that the rule `insightface` needs.

    Every fold's complement needs both kinds of comparisons (see `why_not`).
    """
    if rule == "exact":
        accuracy, threshold = _exact(score, label, fold)
    elif rule == "insightface":
        assert squared is not None
        accuracy, threshold = _grid(squared, label, fold)
    else:
        accuracy, threshold = _steps(score, label, fold)
    return Folded(rule, np.array(accuracy), np.array(threshold))


def _exact(score: Array, label: Mask, fold: Ints) -> tuple[list[float], list[float]]:
    values, place = np.unique(score, return_inverse=True)
    bins = len(values)
    every = [np.bincount(place[label == kind], minlength=bins) for kind in (False, True)]
    accuracies, thresholds = [], []
    for number in np.unique(fold):
        own = fold == number
        impostor, genuine = (
            all_ - np.bincount(place[own & (label == kind)], minlength=bins)
            for all_, kind in zip(every, (False, True), strict=True)
        )
        # right answers with the threshold at each value, and above all: impostors below it, genuine ones from it on
        right = np.append(0, np.cumsum(impostor)) + genuine.sum() - np.append(0, np.cumsum(genuine))
        right[:-1][impostor + genuine == 0] = -1  # no score of these folds
        best = int(right.argmax())
        threshold = float(values[best]) if best < bins else np.inf
        accuracies.append(float(((score[own] >= threshold) == label[own]).mean()))
        thresholds.append(threshold)
    return accuracies, thresholds


def _grid(squared: Array, label: Mask, fold: Ints) -> tuple[list[float], list[float]]:
    grid = np.arange(0, 4, 0.01)
    # a comparison is accepted at every threshold above its distance
    place = np.searchsorted(grid, squared, "right")
    accuracies, thresholds = [], []
    bins = len(grid) + 1
    for number in np.unique(fold):
        own = fold == number
        genuine, impostor = (np.bincount(place[~own & (label == kind)], minlength=bins) for kind in (True, False))
        right = np.cumsum(genuine)[:-1] + impostor.sum() - np.cumsum(impostor)[:-1]
        best = int(right.argmax())
        accuracies.append(float(((squared[own] < grid[best]) == label[own]).mean()))
        thresholds.append(float(grid[best]))
    return accuracies, thresholds


def _steps(score: Array, label: Mask, fold: Ints) -> tuple[list[float], list[float]]:
    accuracies, thresholds = [], []
    for number in np.unique(fold):
        own = fold == number
        genuine, impostor = np.sort(score[~own & label]), np.sort(score[~own & ~label])
        low, high = min(genuine[0], impostor[0]), max(genuine[-1], impostor[-1])
        steps = low + (high - low) / 1000 * np.arange(1, 1001)
        tpr, fpr = (
            (len(values) - np.searchsorted(values, steps, "right")) / len(values) for values in (genuine, impostor)
        )
        threshold = steps[int(np.argmax(tpr - fpr))]
        right = (score[own] > threshold) & label[own] | (score[own] < threshold) & ~label[own]
        accuracies.append(float(right.mean()))
        thresholds.append(float(threshold))
    return accuracies, thresholds


def one_sided(label: Mask, fold: Ints) -> bool:
    """Tell whether the other folds of some fold lack genuine or impostor comparisons."""
    return any(len(np.unique(label[fold != number])) < 2 for number in np.unique(fold))
