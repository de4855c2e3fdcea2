"""How vectors are made, as it is kept beside them, and how many of them there are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fairdesk.words import tr

DESCRIBED = "recipe.json"  # beside the vectors
USUAL_SCALING = "arcface"
_SCALING = re.compile(r", scaling (\w+)")  # in an alignment
MIRRORED = "mean with the mirrored face"  # at the end of an alignment


def kind_of(precision: str | None, mirrored: bool | None, scaling: str | None = None) -> str:
    """Say in what vectors differ from their encoder's usual ones: the precision unless it is float32, the scaling unless it is arcface, and the flip test."""
    parts = [precision] if precision and precision != "float32" else []
    parts += [tr("scaling {scaling}", scaling=scaling)] if scaling and scaling != USUAL_SCALING else []
    return ", ".join(parts + [tr("mirrored")] * bool(mirrored))


def named_encoder(encoder: str, precision: str | None, mirrored: bool | None, scaling: str | None = None) -> str:
    """Return an encoder's name, with what its vectors differ in: "dlib (bf16, mirrored)", "onnx:r50 (scaling unit)"."""
    kind = kind_of(precision, mirrored, scaling)
    return f"{encoder} ({kind})" if kind else encoder


def named_encoder_of(about: Mapping[str, Any]) -> str | None:
    """Return the same of what a result or a file says of its vectors; None where it names no encoder."""
    encoder = about.get("encoder")
    return (
        named_encoder(encoder, about.get("precision"), about.get("mirrored"), about.get("scaling")) if encoder else None
    )


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
    def mirrored(self) -> bool:
        """Whether a vector is the mean with the mirrored face's (flip test)."""
        return self.alignment.endswith(MIRRORED)

    @property
    def scaling(self) -> str:
        """How an ONNX model's pixels are scaled; empty for another encoder."""
        found = _SCALING.search(self.alignment)
        return "" if found is None else found.group(1)

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
    precision: str = "float32"
    mirrored: bool = False
    scaling: str = ""  # of an ONNX model's pixels

    @property
    def named(self) -> str:
        """The encoder, with what they differ in: "dlib (bf16, mirrored)"."""
        return named_encoder(self.recipe.encoder, self.precision, self.mirrored, self.scaling)

    @property
    def kind(self) -> str:
        """In what they differ from the encoder's usual ones: "bf16, mirrored"."""
        return kind_of(self.precision, self.mirrored, self.scaling)

    @property
    def differs(self) -> dict[str, str | bool]:
        """The same as it is written into results and files: nothing where they are the usual ones."""
        made: dict[str, str | bool] = {"mirrored": True} if self.mirrored else {}
        if self.scaling not in ("", USUAL_SCALING):
            made["scaling"] = self.scaling
        return made | ({"precision": self.precision} if self.precision not in ("", "float32") else {})

    @property
    def complete(self) -> bool:
        """Whether every face has a vector."""
        return self.vectors >= self.faces
