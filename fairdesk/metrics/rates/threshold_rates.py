"""What is counted of some comparisons at one threshold."""

from __future__ import annotations

from fairdesk.jobs.results import Record
from fairdesk.metrics.intervals.by_pairs import By
from fairdesk.shares import Interval
from fairdesk.words import mark, tr

AS_GIVEN = mark("as given")
"""The rule of a threshold that was typed."""


def is_given(rule: str) -> bool:
    """Tell whether a rule is that of a threshold that was typed."""
    return rule.startswith(tr(AS_GIVEN))


def threshold_text(value: float, rule: str) -> str:
    """Return a threshold with four significant digits; one that was typed with six."""
    return f"{value:g}" if is_given(rule) else f"{value:.4g}"


class ThresholdRates(Record):
    """Errors, FMR, FNMR with their intervals, and accuracy."""

    false_matches: int
    false_non_matches: int
    fmr: float | None
    fmr_why: str | None = None
    fmr_ci: Interval | None
    fmr_ci_why: str | None = None
    fmr_ci_by: By | None = None
    fnmr: float | None
    fnmr_why: str | None = None
    fnmr_ci: Interval | None
    fnmr_ci_why: str | None = None
    fnmr_ci_by: By | None = None
    fmr_ci_pairs: Interval | None
    """Wilson's, as if pairs were independent: too narrow."""
    fmr_ci_pairs_why: str | None = None
    fnmr_ci_pairs: Interval | None
    fnmr_ci_pairs_why: str | None = None
    accuracy: float | None
    accuracy_why: str | None = None
