"""The flip test: an embedding is the mean of those of the face and of its mirror image, as InsightFace adds both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.faces.aligners import Aligner, Engine
from fairdesk.images.pixels import Pixels
from fairdesk.project.recipes import MIRRORED, Recipe

if TYPE_CHECKING:
    from fairdesk.faces.encoders import Encoder

Vectors = npt.NDArray[np.float32]


class Mirrored:
    """An encoder that looks at each face twice; its vectors are of another recipe than the encoder's own."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.dim: int = encoder.dim
        self.engine: Engine = encoder.engine

    @property
    def aligner(self) -> Aligner:
        """That of the encoder."""
        return self._encoder.aligner

    def recipe(self, detector: str) -> Recipe:
        """Describe the vectors."""
        own = self._encoder.recipe(detector)
        return replace(own, alignment=f"{own.alignment}, {MIRRORED}")

    def load(self) -> None:
        """Load the encoder's network."""
        self._encoder.load()

    def compute(self, chips: Sequence[Pixels]) -> Vectors:
        """Encode faces and their mirror images."""
        plain = self._encoder.compute(chips)
        turned = self._encoder.compute([np.ascontiguousarray(chip[:, ::-1]) for chip in chips])
        return np.asarray((plain + turned) / 2, dtype=np.float32)
