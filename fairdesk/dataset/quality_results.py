"""What measuring quality returns."""

from __future__ import annotations

from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, Record, Unreadable
from fairdesk.words import tr, tr_n


class Spread(Record):
    """Percentiles of a measure."""

    p5: float
    median: float
    p95: float


class QualityResult(TellsOfOriginals):
    """What was measured, and how many images lie outside of the limits."""

    measured: int
    measured_now: int
    without_face: int
    unreadable: int
    not_looked_at: int
    outside: int
    limits: list[str]
    action: str
    measures: dict[str, Spread | None]
    detector: str
    other_detectors: list[str]
    unreadable_files: list[Unreadable] = []
    """The images that cannot be read, each with why."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: what was measured may be of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""

    def text(self) -> str:
        """Return the spread of each measure, and what has none."""
        lines = [self.summary]
        lines += [
            f"  {name:<10}  "
            + tr("5 % {low:.4g}, median {median:.4g}, 95 % {high:.4g}", low=one.p5, median=one.median, high=one.p95)
            for name, one in self.measures.items()
            if one is not None
        ]
        if self.without_face:
            lines.append(
                tr_n(
                    "{n:,} image has no face and no measure of one.",
                    "{n:,} images have no face and no measure of one.",
                    self.without_face,
                )
            )
        lines += unread_lines(self.unreadable_files, self.changed, self.damaged, self.missing_paths)
        if self.not_looked_at:
            lines.append(
                tr_n(
                    "{n:,} image was not searched for faces yet.",
                    "{n:,} images were not searched for faces yet.",
                    self.not_looked_at,
                )
            )
        return "\n".join(lines)

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, are other files now, and which could not be read."""
        return cautions_of(self.unreadable_files, self.changed, (), self.damaged, self.missing_paths)
