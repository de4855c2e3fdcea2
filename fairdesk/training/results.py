"""What training and exporting recognisers return."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult
from fairdesk.learning.results import TrainingResult


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


class ExportModelResult(JobResult):
    """An exported network."""

    out: str
    kind: str
    difference: float
    """From torch's output, as a share of its largest number."""
