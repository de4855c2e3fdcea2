"""Whether most people have one photograph, as the clustering that is reviewed says; answers may speak against it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fairdesk.clustering.review.bunches import NEARER_TO_LONELY, Floats, Measure, Near, Numbers, measure
from fairdesk.clustering.review.likeness import SLIPS, share
from fairdesk.clustering.review.parts import Check
from fairdesk.clustering.review.told import Heard
from fairdesk.clustering.stages import Stages

MARGIN = 6.0  # log likelihood that answers must fall behind those of one who knows nothing


class Assumption:
    """What vectors are measured by: with the clustering, where most faces are alone in it, as long as answers allow that."""

    def __init__(
        self, vectors: Floats, near: Near, labels: Numbers, heard: Sequence[Heard], check: Check, earlier: Measure | None
    ) -> None:  # fmt: skip
        """Measure; the parameters are those of `measure`, and `heard` is what people said."""
        self._vectors = vectors
        stages = Stages(check)
        self.measure = found = measure(vectors, stages.next(0.5), near, labels, earlier)
        self._alone: Measure | None = None
        if found.nearer == NEARER_TO_LONELY:  # judged as if all were alone: answers have changed the clustering by now
            self._alone = (
                found if (labels < 0).all() else measure(vectors, stages.next(0.2), near, np.full_like(labels, -1))
            )
        self.refuted, self.over = self._spoken_against(heard), False
        if self.refuted:
            self.measure = measure(vectors, stages.next(0.3), near, None, earlier)

    @property
    def holds(self) -> bool:
        """Whether most people are taken to have one photograph."""
        return self._alone is not None and not self.refuted

    def turned(self, heard: Sequence[Heard]) -> bool:
        """Whether answers say otherwise by now than they did when the vectors were measured."""
        self.over = self._spoken_against(heard) != self.refuted
        return self.over

    def _spoken_against(self, heard: Sequence[Heard]) -> bool:
        """Whether answers are less likely than by tossing a coin, by more than a slip makes them."""
        if self._alone is None:
            return False
        like, behind = self._alone.likeness(), 0.0
        for one in heard:
            if one.same is None or not one.holds:
                continue
            parts = [self._alone.part(self._vectors, rows) for rows in (one.first, one.second)]
            likely = share(like.log_odds(*parts))
            said = SLIPS + (1 - 2 * SLIPS) * (likely if one.same else 1 - likely)
            behind += math.log(said) - math.log(0.5)
        return behind < -MARGIN
