"""What a clustering makes of a method's labels: verdicts are followed, and faces without a direction stay unclustered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.methods.constrained import corrected
from fairdesk.project.verdict_constraints import Constraints

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class Following:
    """From the labels of the faces that can be compared to those of all faces, as `cluster` keeps them."""

    def __init__(
        self, faces: Labels, vectors: Floats, there: npt.NDArray[np.bool_], known: Known, said: Constraints | None = None
    ) -> None:  # fmt: skip
        """Take all n faces: ids, ascending, vectors as they are compared, which can be compared, who is known, and what was said."""
        self.faces, self.there, self.known = faces, there, known
        self._vectors, self._said = vectors, said or Constraints()

    @property
    def undirected(self) -> int:
        """How many faces cannot be compared."""
        return len(self.there) - int(self.there.sum())

    def labels(self, labels: Labels) -> Labels:
        """Return the labels of all n faces, -1 for unclustered, from those of the faces that can be compared."""
        every = labels
        if self.undirected:
            every = np.full(len(self.there), -1, dtype=np.int64)
            every[self.there] = labels
        return corrected(every, self.faces, self._vectors, self._said)[0]

    def some(self, rows: Labels) -> Following:
        """Return the same of a sample of the faces that can be compared, by ascending row."""
        at = np.flatnonzero(self.there)[rows]
        return Following(
            self.faces[at], self._vectors[at], np.ones(len(at), dtype=np.bool_), self.known.some(at), self._said
        )
