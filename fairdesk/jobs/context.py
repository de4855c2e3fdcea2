"""All that a job sees of the world while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.vector_choice import VectorChoice
from fairdesk.words import tr, tr_n


class Context(Protocol):
    """What a job may call. The command line, the worker process and tests each bring their own."""

    device: str  # "cpu", "cuda", "mps"

    @property
    def project(self) -> Project:
        """The open project. Raises `RequestError` where a job was started without one."""
        ...

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Say how far the job is; `unit` is a plural noun ("images"). Of a total of 0 it is what is done, of which nobody knows how far it is."""
        ...

    def scalar(self, name: str, step: int, value: float) -> None:
        """Add one point to a curve."""
        ...

    def message(self, text: str) -> None:
        """Tell the person something worth reading."""
        ...

    def artifact(self, path: Path) -> None:
        """Name a file the job has written."""
        ...

    def check(self) -> None:
        """Wait while paused; raise `Stopped` when a person asked to stop."""
        ...

    def asked(self, what: str) -> bool:
        """Whether a person asked for something ("sample", "checkpoint") since the last call; told by `check`."""
        ...


def tell_left_out(context: Context, rows: Sequence[dict[str, str]]) -> None:
    """Say which files are left out, each with why; the result has all of them."""
    if rows:
        told = [f"{row['path']}: {row['why']}" for row in rows[:10]]
        if len(rows) > 10:
            told.append(tr("... and {n:,} more", n=len(rows) - 10))
        head = tr_n("{n:,} file is left out:", "{n:,} files are left out:", len(rows))
        context.message("\n  ".join([head, *told]))


def choose_vectors(context: Context, encoder: str | None, detector: str | None) -> VectorChoice:
    """Choose the project's vectors, and say which are used where others exist. Raises `RequestError` if there are none."""
    chosen = context.project.vectors.choose(encoder, detector)
    told = chosen.told()
    if told is not None:
        context.message(told)
    return chosen


class QuietContext:
    """A context for calls from code and tests: keeps what it is told, and can stop after n checks."""

    def __init__(self, project: Project | None = None, *, stop_after: int | None = None, device: str = "cpu") -> None:
        self._project = project
        self.device = device
        self.messages: list[str] = []
        self.artifacts: list[Path] = []
        self.scalars: list[tuple[str, int, float]] = []
        self.done = self.total = 0
        self._left = stop_after
        self.wishes: set[str] = set()

    @property
    def project(self) -> Project:
        """The open project."""
        if self._project is None:
            raise RequestError(tr("This needs a project."))
        return self._project

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Remember the last progress."""
        self.done, self.total = done, total

    def scalar(self, name: str, step: int, value: float) -> None:
        """Remember a point."""
        self.scalars.append((name, step, value))

    def message(self, text: str) -> None:
        """Remember a message."""
        self.messages.append(text)

    def artifact(self, path: Path) -> None:
        """Remember a file."""
        self.artifacts.append(path)

    def check(self) -> None:
        """Stop after the agreed number of checks."""
        if self._left is not None:
            if self._left <= 0:
                from fairdesk.errors import Stopped

                raise Stopped
            self._left -= 1

    def asked(self, what: str) -> bool:
        """Whether `wishes` held it; it is taken out."""
        found = what in self.wishes
        self.wishes.discard(what)
        return found
