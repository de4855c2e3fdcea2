"""What finding and encoding faces return."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.jobs.results import JobResult, Record, Unreadable
from fairdesk.jobs.wording import left_out, listed
from fairdesk.words import tr, tr_n


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
    changed: list[str] = []
    """Originals that are other files now than those that were imported: the faces may be those of either."""

    def text(self) -> str:
        """Return the counts, and the images without a face."""
        lines = [
            tr(
                "{faces} ({detector}); {images} without a face.",
                faces=tr_n("{n:,} face", "{n:,} faces", self.faces),
                detector=self.detector,
                images=tr_n("{n:,} image", "{n:,} images", self.without_face),
            )
        ]
        lines += listed(tr("Without a face"), self.without_face_paths)
        return "\n".join(lines + changed_lines(self.changed) + left_out(tr("Not readable"), self.unreadable))

    def caution(self) -> str | None:
        """Say which images could not be read, or are other files now."""
        return caution_of(self.unreadable, self.changed)


def changed_lines(paths: list[str]) -> list[str]:
    """Return the lines about originals that were replaced."""
    if not paths:
        return []
    title = tr_n(
        "{n:,} original has changed since it was imported; import its folder again",
        "{n:,} originals have changed since they were imported; import their folders again",
        len(paths),
    )
    return listed(title, paths)


def caution_of(unread: list[Unreadable], changed: list[str]) -> str | None:
    """Say which images could not be read, and which are other files now; None where there are none."""
    said = [_not_read(unread), "\n".join(changed_lines(changed))]
    return "\n".join(one for one in said if one) or None


def _not_read(files: list[Unreadable]) -> str | None:
    """Say that images were left out, and the first of them."""
    if not files:
        return None
    return tr_n(
        "{n:,} image could not be read: {path}: {why}",
        "{n:,} images could not be read, for example {path}: {why}",
        len(files),
        path=files[0].path,
        why=files[0].why,
    )


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
    unreadable: list[Unreadable] = []
    """Images in which no face could be looked for."""
    without_face: int = 0
    """Images in which the detector found none."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: the embeddings may be of either."""

    def text(self) -> str:
        """Return the counts, and the faces that failed."""
        new = tr("{n:,} new", n=self.encoded_now)
        if self.per_second:
            new = tr("{n:,} new, {speed:,.1f} per second", n=self.encoded_now, speed=self.per_second)
        lines = [
            tr(
                "{vectors} of dimension {dim} ({new}): encoder {encoder}, detector {detector}.",
                vectors=counted.embeddings(self.vectors),
                dim=self.dim,
                new=new,
                encoder=self.encoder,
                detector=self.detector,
            )
        ]
        if self.without_face:
            lines.append(tr_n("{n:,} image without a face.", "{n:,} images without a face.", self.without_face))
        return "\n".join(lines + changed_lines(self.changed) + left_out(tr("Failed"), [*self.failed, *self.unreadable]))

    def caution(self) -> str | None:
        """Say which images could not be read, or are other files now."""
        return caution_of([*self.unreadable, *self.failed], self.changed)
