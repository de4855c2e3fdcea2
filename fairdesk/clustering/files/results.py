"""What reading and writing clusters as files returns: versions, sheets of faces and folders of images."""

from __future__ import annotations

from pathlib import Path

from fairdesk import counted
from fairdesk.clustering.verdicts.reach import broken_line
from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, JobResult, Unreadable
from fairdesk.words import tr, tr_n

_NAMED = 3  # files, in a sentence


class LoadClustersResult(JobResult):
    """A cluster file that became a version."""

    version: int
    detector: str | None
    clusters: int
    faces: int
    unknown: int
    unknown_paths: list[str]
    unmatched: list[Unreadable] | None = None
    """The same, each with why."""
    verdicts: int | None = None
    """How many verdicts say something of its faces."""
    verdicts_broken: int | None = None
    """Of these the ones that do not hold in it."""

    def caution(self) -> str | None:
        """Say how many verdicts do not hold in it."""
        return broken_line(self.verdicts_broken or 0, self.verdicts or 0) or None

    def text(self) -> str:
        """Return the counts."""
        counts = tr_n(
            "{clusters}, {faces}; {n:,} path has no face in the project.",
            "{clusters}, {faces}; {n:,} paths have no face in the project.",
            self.unknown,
            clusters=counted.clusters(self.clusters),
            faces=counted.faces(self.faces),
        )
        return "\n".join(filter(None, [counts, self.caution()]))


class MosaicResult(TellsOfOriginals):
    """Sheets of a cluster's faces."""

    title: str
    faces: int
    synthetic: int
    files: list[Path]
    unreadable: list[Unreadable]
    changed: list[str] = []
    """Originals that are other pictures now than those that were imported, of faces without a thumbnail: they are left out."""
    of_project: bool = True

    def text(self) -> str:
        """Return what is on the sheets, where they are, and what is on none; of many files the first and the last."""
        if len(self.files) > _NAMED:  # each was named when it was written
            said = tr_n(
                "{faces} of “{title}” in {n:,} file: {first} to {last}",
                "{faces} of “{title}” in {n:,} files: {first} to {last}",
                len(self.files),
                faces=counted.faces(self.faces),
                title=self.title,
                first=self.files[0],
                last=self.files[-1].name,
            )
        else:
            said = tr(
                "{faces} of “{title}” in {files}",
                faces=counted.faces(self.faces),
                title=self.title,
                files=", ".join(map(str, self.files)),
            )
        return "\n".join([said, *unread_lines(self.unreadable, self.changed, of_project=self.of_project)])

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, changed or not readable, so that faces are on no sheet."""
        return cautions_of(self.unreadable, self.changed, of_project=self.of_project)


class FoldersResult(TellsOfOriginals):
    """Folders of identities or clusters."""

    folders: int
    images: int
    out: str
    dry_run: bool
    counts: dict[str, int]
    collisions: int = 0
    missing: list[str] = []
    unreadable: list[Unreadable] = []
    """Those that are there and are no files that can be read."""
    changed: list[str] = []
    """Originals that are other pictures now than those that were imported: they are left out."""
    of_project: bool = True
    synthetic: int = 0

    def text(self) -> str:
        """Return the counts, and what was left out."""
        lines = [
            tr_n(
                "{images} in {n:,} folder; {collisions:,} renamed for equal names.",
                "{images} in {n:,} folders; {collisions:,} renamed for equal names.",
                self.folders,
                images=counted.images(self.images),
                collisions=self.collisions,
            )
        ]
        if self.missing and not self.of_project:
            lines.append(self._gone())
        gone = self.missing if self.of_project else []
        return "\n".join(lines + unread_lines(self.unreadable, self.changed, missing=gone, of_project=self.of_project))

    def caution_parts(self) -> list[Caution]:
        """Say which originals are missing, changed or not readable, and so are in no folder."""
        if self.of_project:
            return cautions_of(self.unreadable, self.changed, missing=self.missing)
        return cautions_of(self.unreadable, [], [self._gone()] if self.missing else [], of_project=False)

    def _gone(self) -> str:
        return tr_n(
            "{n:,} file is missing, for example {path}",
            "{n:,} files are missing, for example {path}",
            len(self.missing),
            path=self.missing[0],
        )
