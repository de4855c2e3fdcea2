"""What training and exporting recognisers return."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult
from fairdesk.learning.results import TrainingResult
from fairdesk.words import tr


class RecogniserResult(TrainingResult):
    """A trained recogniser."""

    identities: int
    groups: list[str]
    left_out_without_identity: int
    error_rates: dict[str, float]
    """The last ones, by name: EER, EER[group], ..."""
    seed: int
    processes: int
    weights: str
    weights_of: str
    """The checkpoint that the exported weights are of."""

    def caution(self) -> str | None:
        """Return that nothing is known of how well it recognises other people."""
        if self.error_rates:
            return None
        return tr(
            "No error rates were measured on people it was not trained on. Give a larger validation share, or more identities."
        )


class ExportModelResult(JobResult):
    """An exported network."""

    out: str
    kind: str
    difference: float
    """From torch's output, as a share of its largest number."""
