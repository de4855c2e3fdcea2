"""What is known of the faces that a parameter is chosen with: who they are, and in which group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.agreement import Figures, figures

Labels = npt.NDArray[np.int64]


class Known:
    """Who some faces are, and in which group."""

    def __init__(self, people: Labels, groups: list[str | None]) -> None:
        self.people = people
        self.known = people >= 0
        self._names = groups
        names = sorted({name for name, known in zip(groups, self.known, strict=True) if name and known})
        given = np.array([name or "" for name in groups])
        self.groups = {name: self.known & (given == name) for name in names}

    def some(self, rows: Labels) -> Known:
        """Return the same of some faces."""
        return Known(self.people[rows], [self._names[row] for row in rows.tolist()])

    @property
    def count(self) -> int:
        """How many people are known."""
        return len(np.unique(self.people[self.known]))

    @property
    def enough(self) -> bool:
        """Whether both kinds of mistake can be seen: there are two known people, one of them with two faces."""
        known = self.people[self.known]
        counts = np.unique(known, return_counts=True)[1]
        return len(counts) > 1 and bool((counts > 1).any())

    def judged(self, labels: Labels) -> tuple[Figures | None, dict[str, Figures]]:
        """Return the figures over all known faces, and within each group."""
        of_groups = {name: figures(labels[rows], self.people[rows]) for name, rows in self.groups.items()}
        found = {name: one for name, one in of_groups.items() if one is not None}
        return figures(labels[self.known], self.people[self.known]), found
