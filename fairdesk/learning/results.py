"""What every training returns."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult, Record, Unreadable


class LoopResult(Record):
    """How far a training came."""

    steps: int
    """Batches in all."""
    steps_before: int
    """Batches before it was resumed."""
    epochs: int
    losses: dict[str, float]
    """Of the last batch."""
    stopped_early: bool
    best: float | None
    """The best score; None where there was none."""
    unreadable: list[Unreadable]


class TrainingResult(JobResult, LoopResult):
    """A run on disk."""

    run: str
    images: int
    images_per_second: float
    device: str
