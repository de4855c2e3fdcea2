"""What finding and encoding faces return."""

from __future__ import annotations

from fairdesk.jobs.results import JobResult, Record, Unreadable
from fairdesk.jobs.wording import count, left_out, listed


class FaceCounts(Record):
    """How many faces a detector found, and where it found none."""

    faces: int
    without_face: int
    without_face_paths: list[str]
    unreadable: list[Unreadable]


class DetectResult(JobResult, FaceCounts):
    """Faces that were found."""

    detector: str
    shown: str | None = None
    """The detector whose faces the window shows."""

    def text(self) -> str:
        """Return the counts, and the images without a face."""
        lines = [f"{count(self.faces, 'face')} ({self.detector}); {count(self.without_face, 'image')} without a face."]
        lines += listed("Without a face", self.without_face_paths)
        return "\n".join(lines + left_out("Not readable", self.unreadable))


class EncodeResult(JobResult):
    """Vectors that exist now, and how fast the new ones were made."""

    encoder: str
    detector: str
    recipe: str
    vectors: int
    dim: int
    encoded_now: int
    per_second: float | None
    per_second_why: str | None = None
    failed: list[Unreadable]

    def text(self) -> str:
        """Return the counts, and the faces that failed."""
        speed = f", {self.per_second:,.1f} per second" if self.per_second else ""
        lines = [
            f"{self.vectors:,} embeddings of dimension {self.dim} ({self.encoded_now:,} new{speed}): encoder {self.encoder}, detector {self.detector}."
        ]
        return "\n".join(lines + left_out("Failed", self.failed))
