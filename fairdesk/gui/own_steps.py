"""The steps that one window has made: its Undo and Redo go through these alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fairdesk.project import Project

Output = TypeVar("Output")


class OwnSteps:
    """The numbers of a window's steps; `tell` says in that window why there is none to undo or redo."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.numbers: set[int] = set()

    def keep(self, project: Project, work: Callable[[Project], Output]) -> Output:
        """Make an edit that is one step, and keep its number; one that changes nothing has none."""
        found = work(project)
        if project.journal.made is not None:
            self.numbers.add(project.journal.made)
        return found
