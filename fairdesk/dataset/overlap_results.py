"""What is shared: people, files and near-duplicates, between sets or within a project."""

from __future__ import annotations

from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, NamesVectors, NextStep, Record, RestsOnVectors, Unreadable
from fairdesk.jobs.wording import listed
from fairdesk.words import tr


class Person(Record):
    """An identity of a group."""

    group: str | None
    identity: str


class PicturePair(Record):
    """Two images that are one file, nearly the same picture (`bits` of 64 differ), or of near vectors (`distance`)."""

    a: str
    b: str


class NearPair(PicturePair):
    """Two near-duplicates."""

    bits: int


class VectorPair(PicturePair):
    """Two images whose faces have nearly the same vector."""

    distance: float


class SharedResult(Record):
    """What sets of images share that they must not."""

    clean: bool
    summary: str
    identities: list[Person]
    files: list[PicturePair]
    near: list[NearPair]
    vectors: list[VectorPair]

    def lines(self) -> list[str]:
        """Return it for a terminal."""
        return [
            self.summary,
            *listed(tr("Identities"), [f"{i.group + '/' if i.group else ''}{i.identity}" for i in self.identities]),
            *listed(tr("The same file"), [f"{p.a}  =  {p.b}" for p in self.files]),
            *listed(tr("Near-duplicates"), [f"{p.a}  ~  {p.b} ({tr('{n} bits', n=p.bits)})" for p in self.near]),
            *listed(tr("Near-identical embeddings"), [f"{p.a}  ~  {p.b} ({p.distance:.3f})" for p in self.vectors]),
        ]


class LeaksResult(TellsOfOriginals, SharedResult, NamesVectors):
    """What two folders or projects share."""

    faces: list[int] | None = None
    """Faces with a vector, on each side."""

    unreadable: list[Unreadable]
    images: list[int]
    """How many images each side has."""
    left_out: list[Unreadable]
    changed: list[str] = []
    """Originals of projects that are other files now than those that were imported: labels and embeddings may be of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""

    def text(self) -> str:
        """Return what is shared, and what could not be looked at."""
        return "\n".join(
            self.lines()
            + self.vector_lines()
            + unread_lines(self.unreadable, self.changed, self.damaged, of_project=False)
        )

    def caution_parts(self) -> list[Caution]:
        """Say which images were not compared, as they could not be read, and which are other files now."""
        return cautions_of(self.unreadable, self.changed, (), self.damaged, of_project=False)

    def next_steps(self) -> list[NextStep]:
        """Return that the pairs can be looked at."""
        return [] if self.clean else [NextStep.SHOW_PAIRS]


class DuplicatesResult(TellsOfOriginals, SharedResult, RestsOnVectors):
    """Duplicates in a project."""

    unreadable: list[Unreadable]
    hidden: int
    images: int
    changed: list[str] = []
    """Originals that are other files now than those that were imported, which is what was compared."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing: int = 0
    """Originals that are gone: they were compared as they were imported."""

    def text(self) -> str:
        """Return the pairs, and what could not be looked at."""
        return "\n".join(self.lines() + self.vector_lines() + unread_lines(self.unreadable, self.changed, self.damaged))

    def caution_parts(self) -> list[Caution]:
        """Say which images could not be compared, and which are other files now."""
        return cautions_of(self.unreadable, self.changed, (), self.damaged)

    def next_steps(self) -> list[NextStep]:
        """Return that the pairs can be looked at."""
        return [] if self.clean else [NextStep.SHOW_PAIRS]
