"""What is counted of some comparisons at one threshold."""

from __future__ import annotations

from fairdesk.jobs.results import Record
from fairdesk.metrics.intervals.by_pairs import By, Interval


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
