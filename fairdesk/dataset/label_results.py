"""What labelling returns."""

from __future__ import annotations

from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, Record, Unreadable
from fairdesk.words import tr, tr_n


class PredictedImage(Record):
    """What a model says of an image: of its largest face, never of one that was not found."""

    path: str
    box: tuple[int, ...]
    """Top, right, bottom, left."""
    race: str | None = None
    gender: str | None = None
    age: str | None = None
    confidence: dict[str, float] = {}


class LabelResult(TellsOfOriginals):
    """What was labelled from a table, or predicted by a model."""

    labelled: int | None = None
    """Images that a table changed."""
    unchanged: int | None = None
    """Images that the table told of, and that are as they were."""
    said_by_people: int | None = None
    """Those of them that a person had labelled otherwise."""
    unmatched: list[str] = []
    """Rows of the table that name no image."""
    alike: list[str] = []
    """New groups and names that differ from known ones in case, accents or blanks alone."""
    detector: str | None = None
    faces: int | None = None
    without_face: int | None = None
    without_face_paths: list[str] = []
    failed: list[Unreadable] = []
    predicted: dict[str, dict[str, int]] = {}
    """Faces by kind and predicted value."""
    agreement: dict[str, dict[str, dict[str, int]]] = {}
    """Faces by kind, given group and predicted value."""
    images: list[PredictedImage] = []
    """What was predicted, image by image."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""

    def text(self) -> str:
        """Return the counts, and the given groups against what was predicted."""
        lines = [self.summary]
        for kind, values in self.agreement.items():
            lines.append(tr("Given group against predicted {kind}:", kind=kind))
            lines += [
                f"  {group}: " + ", ".join(f"{value} {number:,}" for value, number in row.items())
                for group, row in values.items()
            ]
        if self.without_face:
            lines.append(
                tr_n(
                    "{n:,} image without a face has no prediction.",
                    "{n:,} images without a face have no prediction.",
                    self.without_face,
                )
            )
        return "\n".join(lines + unread_lines([], self.changed, self.damaged, self.missing_paths))

    def caution_parts(self) -> list[Caution]:
        """Say which originals are other files now."""
        return cautions_of([], self.changed, (), self.damaged, self.missing_paths)
