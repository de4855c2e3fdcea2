"""How vectors are made, as it is kept beside them, and how many of them there are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from fairdesk.words import tr

DESCRIBED = "recipe.json"  # beside the vectors
MIRRORED = "mean with the mirrored face"  # at the end of an alignment


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a vector's numbers are."""

    encoder: str
    detector: str
    alignment: str
    dim: int
    metric: str  # "euclidean" or "cosine": how two such vectors are compared
    weights: str  # the weights' SHA-256, or a published name
    versions: dict[str, str] = field(default_factory=dict)
    precision: str = "float32"  # of the computation
    code: str = ""  # what computed it, where that gives the same numbers as other code; it does not count

    @property
    def kind(self) -> str:
        """In what vectors differ from the encoder's usual ones: the precision unless it is float32, and that mirrored faces count."""
        parts = [self.precision] if self.precision != "float32" else []
        return ", ".join(parts + [tr("mirrored")] * self.alignment.endswith(MIRRORED))

    @property
    def hash(self) -> str:
        """16 hex digits that name the recipe's folder."""
        counts = {name: value for name, value in asdict(self).items() if name != "code"}
        if self.precision == "float32":  # as it always was
            del counts["precision"]
        return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StoredRecipe:
    """A recipe as the catalogue knows it."""

    id: int
    hash: str
    encoder: str
    detector: str
    dim: int
    metric: str
    created: float  # when its encoder was last run on its detector's faces


@dataclass(frozen=True)
class VectorSet:
    """The vectors of one recipe, and how many there are."""

    recipe: StoredRecipe
    vectors: int
    faces: int  # that its detector found
    kind: str = ""  # in what they differ from the encoder's usual ones: "bf16", "mirrored"

    @property
    def complete(self) -> bool:
        """Whether every face has a vector."""
        return self.vectors >= self.faces
