"""What reading and writing clusters as files returns."""

from __future__ import annotations

from pathlib import Path

from fairdesk import counted
from fairdesk.clustering.verdicts.reach import broken_line
from fairdesk.jobs.results import JobResult, Unreadable
from fairdesk.jobs.wording import left_out
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


class MosaicResult(JobResult):
    """Sheets of a cluster's faces."""

    title: str
    faces: int
    synthetic: int
    files: list[Path]
    unreadable: list[Unreadable]

    def text(self) -> str:
        """Return what is on the sheets and where they are; of many files the first and the last, as each was named when it was written."""
        if len(self.files) > _NAMED:
            return tr_n(
                "{faces} of “{title}” in {n:,} file: {first} to {last}",
                "{faces} of “{title}” in {n:,} files: {first} to {last}",
                len(self.files),
                faces=counted.faces(self.faces),
                title=self.title,
                first=self.files[0],
                last=self.files[-1].name,
            )
        return tr(
            "{faces} of “{title}” in {files}",
            faces=counted.faces(self.faces),
            title=self.title,
            files=", ".join(map(str, self.files)),
        )


class FoldersResult(JobResult):
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
        if self.missing:
            lines.append(
                tr_n(
                    "{n:,} file is missing, for example {path}",
                    "{n:,} files are missing, for example {path}",
                    len(self.missing),
                    path=self.missing[0],
                )
            )
        return "\n".join(lines + left_out(tr("Not readable"), self.unreadable))
