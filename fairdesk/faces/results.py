"""What finding and encoding faces return."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unmade_line, unread_lines
from fairdesk.jobs.results import Caution, Record, Unreadable
from fairdesk.jobs.wording import listed
from fairdesk.project.detector_key import SIDES, DetectorKey
from fairdesk.project.recipes import named_encoder
from fairdesk.words import tr, tr_n

_LONG = 3  # times as long as the other side: no camera makes such a picture
_LITTLE = 250  # pixels: HOG's smallest face is 80 of them, less if it is enlarged first


class SearchedSmaller(Record):
    """An image without a face that was scaled down before it was searched: `side` pixels to `searched`."""

    path: str
    side: int
    searched: int
    short_side: int = 0
    short_searched: int = 0

    @property
    def elongated(self) -> bool:
        """Whether it is so long that little is left of its other side: a face as high as the picture would hardly be found."""
        return self.short_side * _LONG <= self.side and self.short_searched < _LITTLE


class FaceCounts(Record):
    """How many faces a detector found, and where it found none."""

    faces: int
    without_face: int
    without_face_paths: list[str]
    unreadable: list[Unreadable]
    searched_smaller: list[SearchedSmaller] = []
    """Those without a face that are larger than what a detector searches: their faces may have become too small."""


class DetectResult(TellsOfOriginals, FaceCounts):
    """Faces that were found."""

    detector: str
    shown: str | None = None
    """The detector whose faces the window shows."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: the faces may be those of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""

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
        lines += listed(tr("Without a face"), self.without_face_paths) + smaller_lines(
            self.searched_smaller, self.detector
        )
        return "\n".join(lines + unread_lines(self.unreadable, self.changed, self.damaged, self.missing_paths))

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, are other files now, could not be read, or were too elongated for the search."""
        return cautions_of(
            self.unreadable, self.changed, [elongated_line(self.searched_smaller)], self.damaged, self.missing_paths
        )


def smaller_lines(images: list[SearchedSmaller], detector: str) -> list[str]:
    """Return the lines about images whose faces may have become too small to be found."""
    if not images:
        return []
    title = tr_n(
        "{n:,} of them was scaled to {searched:,} pixels for the search, where small faces are lost. To search it larger, "
        "with more time and memory: fairdesk detect PROJECT --detector {detector} --max-side {side}",
        "{n:,} of them were scaled to {searched:,} pixels for the search, where small faces are lost. To search them larger, "
        "with more time and memory: fairdesk detect PROJECT --detector {detector} --max-side {side}",
        len(images),
        searched=images[0].searched,
        detector=DetectorKey.parse(detector).name,
        side=min(max(one.side for one in images), SIDES[1]),
    )
    return listed(title, [_pixels(one) for one in images])


def _pixels(one: SearchedSmaller) -> str:
    if one.elongated:
        return tr(
            "{path} ({side:,} pixels; {short_side:,} across, of which {short_searched:,} were left)",
            path=one.path,
            side=one.side,
            short_side=one.short_side,
            short_searched=one.short_searched,
        )
    return tr("{path} ({side:,} pixels)", path=one.path, side=one.side)


def elongated_line(images: list[SearchedSmaller]) -> str | None:
    """Say that very elongated pictures without a face need a larger side to be searched at; None where there are none."""
    found = [one for one in images if one.elongated]
    if not found:
        return None
    return tr_n(
        "{n:,} image without a face is very elongated: {path} was searched at {short:,} pixels across. "
        "Its faces may be too small for that: search with --max-side {side} (Longest side)",
        "{n:,} images without a face are very elongated: {path}, for example, was searched at {short:,} pixels across. "
        "Their faces may be too small for that: search with --max-side {side} (Longest side)",
        len(found),
        path=found[0].path,
        short=found[0].short_searched,
        side=min(max(one.side for one in found), SIDES[1]),
    )


class EncodeResult(TellsOfOriginals):
    """Vectors that exist now, and how fast the new ones were made."""

    encoder: str
    detector: str
    recipe: str
    mirrored: bool | None = None
    precision: str | None = None
    scaling: str | None = None
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
    searched_smaller: list[SearchedSmaller] = []
    """Those of them that are larger than what the detector searches."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: the embeddings may be of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""
    removed_meanwhile: int = 0
    """Images that were left to do, and were removed from the project while it ran: nothing of them is kept."""

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
                encoder=named_encoder(self.encoder, self.precision, self.mirrored, self.scaling),
                detector=self.detector,
            )
        ]
        if self.without_face:
            lines.append(tr_n("{n:,} image without a face.", "{n:,} images without a face.", self.without_face))
            lines += smaller_lines(self.searched_smaller, self.detector)
        if self.removed_meanwhile:
            lines.append(
                tr_n(
                    "{n:,} image was removed from the project meanwhile; nothing of it is kept.",
                    "{n:,} images were removed from the project meanwhile; nothing of them is kept.",
                    self.removed_meanwhile,
                )
            )
        if unmade := unmade_line(self.failed, self.encoder):
            lines.append(unmade)
        return "\n".join(
            lines + unread_lines(self.failed + self.unreadable, self.changed, self.damaged, self.missing_paths)
        )

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, are other files now, could not be read, got no embedding, or were too elongated for the search."""
        return cautions_of(
            self.unreadable + self.failed,
            self.changed,
            [elongated_line(self.searched_smaller), unmade_line(self.failed, self.encoder)],
            self.damaged,
            self.missing_paths,
        )
