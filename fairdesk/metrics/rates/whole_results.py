"""The rates of all comparisons at one threshold, whether they are told apart by group or not."""

from __future__ import annotations

from fairdesk.metrics.rates.threshold_rates import ThresholdRates, threshold_text
from fairdesk.metrics.shown_bounds import rate_at_threshold
from fairdesk.words import tr


class WholeRates(ThresholdRates):
    """FMR and FNMR of all comparisons at the operating point, with their intervals."""

    threshold: float
    """As the file has its scores: a distance where those are distances."""
    rule: str

    def line(self, subjects: int | None) -> str:
        """Say them; they rest on so many subjects, where these are known."""
        return tr(
            "At threshold {threshold} ({rule}): FMR {fmr}, FNMR {fnmr}",
            threshold=threshold_text(self.threshold, self.rule),
            rule=self.rule,
            fmr=rate_at_threshold(self, "fmr", self.false_matches, subjects),
            fnmr=rate_at_threshold(self, "fnmr", self.false_non_matches, subjects),
        )
