"""The rates of all comparisons at one threshold, where they are not told apart by group."""

from __future__ import annotations

from fairdesk.jobs.results import Record
from fairdesk.metrics.intervals.by_pairs import By, Interval
from fairdesk.metrics.shown_bounds import rate_at_threshold
from fairdesk.words import tr


class WholeRates(Record):
    """FMR and FNMR of all comparisons at the operating point, with their intervals."""

    threshold: float
    """As the file has its scores: a distance where those are distances."""
    rule: str
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

    def line(self, subjects: int | None) -> str:
        """Say them; they rest on so many subjects, where these are known."""
        return tr(
            "At threshold {threshold:.4g} ({rule}): FMR {fmr}, FNMR {fnmr}",
            threshold=self.threshold,
            rule=self.rule,
            fmr=rate_at_threshold(self, "fmr", self.false_matches, subjects),
            fnmr=rate_at_threshold(self, "fnmr", self.false_non_matches, subjects),
        )
