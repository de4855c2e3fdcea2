"""What the verb `normalise` returns."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult, Record, RestsOnVectors
from fairdesk.metrics.results import Corrections


class GroupRule(Record):
    """What normalisation does to a group's scores: (score - centre) / width."""

    centre: float
    width: float
    impostors: int
    """Impostor comparisons that it was learned from."""


class ErrorRates(Record):
    """Both error rates of a group."""

    fmr: float | None
    fmr_why: str | None = None
    fnmr: float | None
    fnmr_why: str | None = None


class NormaliseResult(JobResult, RestsOnVectors):
    """Scores normalised by group, and what that did to every group's error rates."""

    pair_list: str | None = None
    pair_list_sha256: str | None = None
    weights_sha256: str | None = None
    corrections: Corrections | None = None
    learned_corrections: Corrections | None = None
    """Of the other people's scores that it was learned from."""

    out: str
    method: str
    fmr: str
    threshold_from: str | None = None
    """The pairs that `before` and `after` have their one threshold from, each from its own scores."""
    seed: int
    rules: dict[str, GroupRule]
    comparisons: int
    between_the_halves: int
    without_a_rule: int
    unnamed: int | None = None
    """Comparisons of a face without a name, which are left out where people are divided; absent where there are none."""
    before: dict[str, ErrorRates]
    after: dict[str, ErrorRates]
