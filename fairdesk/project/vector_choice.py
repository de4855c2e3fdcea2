"""Which of a project's vectors are used: by encoder, the weights of its file, and the detector that found the faces."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Protocol

from fairdesk.errors import RequestError
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.recipes import Recipe, StoredRecipe, VectorSet, named_encoder
from fairdesk.words import tr, tr_n


class Store(Protocol):
    """What is asked of a project's vectors."""

    def sets(self) -> list[VectorSet]:
        """Return what there is, the newest first."""
        ...

    def described(self, recipe: StoredRecipe) -> Recipe | None:
        """Return how vectors were made, or None where that is not known."""
        ...


@dataclass(frozen=True)
class VectorChoice:
    """The vectors that are used, and the others of the same encoder, the newest first."""

    used: VectorSet
    others: tuple[VectorSet, ...] = ()
    asked: bool = False  # a person named the detector

    @property
    def recipe(self) -> StoredRecipe:
        """How the used ones were made."""
        return self.used.recipe

    @property
    def other_detectors(self) -> list[str]:
        """Detectors whose faces this encoder has vectors of too."""
        return sorted({other.recipe.detector for other in self.others} - {self.recipe.detector})

    def about(self) -> dict[str, Any]:
        """Return what every result that rests on vectors says of them."""
        return {"encoder": self.recipe.encoder, "detector": self.recipe.detector, "recipe": self.recipe.hash,
                **self.used.differs, "other_detectors": self.other_detectors}  # fmt: skip

    def named(self) -> str:
        """Return encoder and detector in a few words."""
        encoder = named_encoder(self.recipe.encoder, self.used.precision, self.used.mirrored)
        return tr("{encoder}, faces of {detector}", encoder=encoder, detector=self.recipe.detector)

    def counted(self) -> str:
        """Say how many faces have these embeddings, and whose they are."""
        return tr_n(
            "{n:,} face has an embedding ({which}).",
            "{n:,} faces have embeddings ({which}).",
            self.used.vectors,
            which=self.named(),
        )

    def told(self) -> str | None:
        """Say which are used and that others exist; None where that is plain."""
        same = [other for other in self.others if other.recipe.detector == self.recipe.detector]
        rest = [other for other in self.others if other.recipe.detector != self.recipe.detector]
        if not same and (not rest or self.asked):
            return None
        text = tr(
            "These are the {encoder} embeddings of the faces that {found}.",
            encoder=f"{self.recipe.encoder} ({self.used.kind or 'float32'})" if same else self.recipe.encoder,
            found=_counted(self.used),
        )
        if rest and not self.asked:
            text += " " + tr(
                "There are also those of {detectors}: say --detector to use them.", detectors=_listed(rest)
            )
        if same:
            found = ", ".join(
                tr_n(
                    "{hash} ({kind}, {n:,} face)",
                    "{hash} ({kind}, {n:,} faces)",
                    other.vectors,
                    hash=other.recipe.hash,
                    kind=other.kind or "float32",
                )
                for other in same
            )
            text += " " + tr(
                "Others of the same detector were made with other weights, alignment, precision or versions: {recipes}; "
                "say one of these as --encoder to use it.",
                recipes=found,
            )
        return text


def _counted(one: VectorSet) -> str:
    return tr_n(
        "{detector} found ({n:,} face)", "{detector} found ({n:,} faces)", one.vectors, detector=one.recipe.detector
    )


def _listed(sets: list[VectorSet]) -> str:
    seen: dict[str, int] = {}
    for one in sets:
        seen.setdefault(one.recipe.detector, one.vectors)
    return ", ".join(
        tr_n("{detector} ({n:,} face)", "{detector} ({n:,} faces)", count, detector=detector)
        for detector, count in seen.items()
    )


def of_encoder(store: Store, encoder: str) -> list[VectorSet]:
    """Return the vectors of an encoder, the newest first.

    A file that is there means the vectors made with these very weights; one that is not, its name. A recipe's
    16 digits mean its vectors alone.
    """
    sets = store.sets()
    if re.fullmatch("[0-9a-f]{16}", encoder):
        return [one for one in sets if one.recipe.hash == encoder]
    try:
        ref = EncoderRef.parse(encoder)
    except ValueError:
        return [one for one in sets if one.recipe.encoder == encoder]
    found = [one for one in sets if one.recipe.encoder == ref.stored]
    if ref.file is None or not ref.file.is_file():
        return found
    with ref.file.open("rb") as file:
        weights = hashlib.file_digest(file, "sha256").hexdigest()
    described = [(one, store.described(one.recipe)) for one in found]
    return [one for one, recipe in described if recipe is not None and recipe.weights == weights]


def choose(store: Store, encoder: str | None, detector: str | None) -> VectorChoice:
    """Return the newest vectors of an encoder and a detector; None means any.

    Raises
    ------
    RequestError
        If there are none; it lists what there is.
    """
    everything = store.sets()
    if not everything and encoder is None:
        raise RequestError(tr("The project has no embeddings yet. Compute them first: fairdesk encode PROJECT"))
    found = everything if encoder is None else of_encoder(store, encoder)
    if not found:
        raise RequestError(_no_encoder(encoder or "", everything))
    fitting = [one for one in found if detector is None or one.recipe.detector == detector]
    if not fitting:
        lacking = tr(
            "The project has no embeddings of the faces that the detector {detector} finds. It has those of: {detectors}. "
            "Make them: fairdesk encode PROJECT --detector {detector}",
            detector=detector,
            detectors=_listed(found),
        )
        if encoder is not None:
            lacking = tr(
                "The project has no {encoder} embeddings of the faces that the detector {detector} finds. "
                "It has those of: {detectors}. "
                "Make them: fairdesk encode PROJECT --encoder {encoder} --detector {detector}",
                encoder=encoder or "any",
                detector=detector,
                detectors=_listed(found),
            )
        raise RequestError(lacking)
    used = fitting[0]
    exact = encoder == used.recipe.hash
    others = [] if exact else [one for one in found if one.recipe.encoder == used.recipe.encoder and one is not used]
    return VectorChoice(used, tuple(others), detector is not None)


def _no_encoder(encoder: str, everything: list[VectorSet]) -> str:
    have = sorted({one.recipe.encoder for one in everything})
    known = tr("It has: {encoders}.", encoders=", ".join(have)) if have else ""
    try:
        stored = EncoderRef.parse(encoder).stored
    except ValueError:
        stored = encoder
    if stored in have and stored != encoder:
        known = tr("Its embeddings of {encoder} were made with another file of that name.", encoder=stored)
    return " ".join(
        filter(
            None,
            (
                tr("The project has no embeddings of the encoder {encoder!r}.", encoder=encoder),
                known,
                tr("Encode first: fairdesk encode PROJECT --encoder {encoder}", encoder=encoder),
            ),
        )
    )
