"""Figures of verification protocols, as results have them."""

from __future__ import annotations

from fairdesk.jobs.results import Record
from fairdesk.words import tr

_RULES = {"insightface": "InsightFace", "facex-zoo": "FaceX-Zoo"}


def rule_name(rule: str) -> str:
    """Return what a threshold rule of accuracy over folds is called where people read it."""
    return tr("exact") if rule == "exact" else _RULES.get(rule, rule)


class OperatingPoint(Record):
    """One named operating point: the rate that it reports is `fnmr`, for ZeroFNMR `fmr`."""

    fmr: float
    fnmr: float
    threshold: float


class FoldFigures(Record):
    """Accuracy over folds by one threshold rule."""

    accuracy: float | None
    accuracy_why: str | None = None
    std: float | None = None
    """Over folds, ddof 0."""
    standard_error: float | None = None
    """Of the mean, ddof 1."""
    folds: int
    comparisons: int
    per_fold: list[float] = []
    thresholds: list[float] = []
    """As the file has its scores; squared distances with the rule `insightface`."""


class FoldFairness(Record):
    """Spread of the groups' accuracies in percent, each at its own thresholds, as papers on RFW have it."""

    accuracy: dict[str, float]
    accuracy_STD_ddof0: float | None
    accuracy_STD_ddof0_why: str | None = None
    accuracy_STD_ddof1: float | None
    accuracy_STD_ddof1_why: str | None = None
    SER: float | None
    SER_why: str | None = None


class NearestPoint(Record):
    """TAR at the FAR that is nearest to the target: by InsightFace's rule, it may be above."""

    tar: float
    far: float
