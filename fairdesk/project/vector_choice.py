"""Which of a project's vectors are used: by encoder, the weights of its file, and the detector that found the faces."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fairdesk.errors import RequestError
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.recipes import Recipe, StoredRecipe, VectorSet
from fairdesk.words import tr, tr_n

_SHOWN = re.compile(r"(.+) \(([^()]+)\)")  # an encoder, and in what its vectors differ from its usual ones
_RECIPE = re.compile("[0-9a-f]{16}")


class Store(Protocol):
    """What is asked of a project's vectors."""

    @property
    def project(self) -> Path:
        """The project's folder."""
        ...

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
        return tr("{encoder}, faces of {detector}", encoder=self.used.named, detector=self.recipe.detector)

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
                "Others of the same detector were made with other weights, alignment, scaling, precision or versions: {recipes}; "
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


def is_recipe(encoder: str) -> bool:
    """Whether an encoder is named by the 16 digits of a recipe."""
    return _RECIPE.fullmatch(encoder) is not None


def of_encoder(store: Store, encoder: str) -> list[VectorSet]:
    """Return the vectors of an encoder, the newest first.

    A file that is there means the vectors made with these very weights; one that is not, its name. A recipe's
    16 digits mean its vectors alone; a name as lists show it, "onnx:r50.onnx (scaling unit)", those that differ in this way.
    """
    sets = store.sets()
    shown = _SHOWN.fullmatch(encoder)
    if shown is not None and any(one.kind == shown[2] for one in sets) and not _is_a_file(encoder):
        return [one for one in of_encoder(store, shown[1]) if one.kind == shown[2]]
    if is_recipe(encoder):
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
        raise RequestError(
            tr(
                "The project {project} has no embeddings yet. Compute them first: {verb}",
                project=store.project,
                verb=_encode(store, None, detector),
            )
        )
    found = everything if encoder is None else of_encoder(store, encoder)
    if not found:
        raise RequestError(_no_encoder(store, encoder or "", detector, everything))
    fitting = [one for one in found if detector is None or one.recipe.detector == detector]
    if not fitting:
        raise RequestError(_no_detector(store, encoder, detector or "", found))
    used = fitting[0]
    exact = encoder == used.recipe.hash
    others = [] if exact else [one for one in found if one.recipe.encoder == used.recipe.encoder and one is not used]
    return VectorChoice(used, tuple(others), detector is not None)


def _encode(store: Store, encoder: str | None = None, detector: str | None = None) -> str:
    """Return the command that makes embeddings, as it can be typed; an encoder's file that is not there is left to be filled in."""
    words = ["fairdesk", "encode", shlex.quote(str(store.project))]
    if encoder is not None:
        ref = EncoderRef.parse(encoder)
        there = ref.file is None or ref.file.exists()
        words += ["--encoder", shlex.quote(encoder) if there else f"{ref.kind}:FILE"]
    return " ".join(words if detector is None else [*words, "--detector", shlex.quote(detector)])


def without_checksum(count: int) -> str:
    """Say that embeddings have no checksum that can be trusted, and what that means."""
    return tr_n(
        "{n:,} embedding has no checksum, or a damaged one. It is used; if its numbers were overwritten, that could not be told.",
        "{n:,} embeddings have no checksum, or a damaged one. They are used; if their numbers were overwritten, that could not be told.",
        count,
    )


def how_to_mend(store: Store, recipe: StoredRecipe) -> str:
    """Say what makes vectors anew whose file is damaged, as it can be typed: those of the same kind."""
    if not _is_encoder(recipe.encoder):
        return _read_again(store)
    return tr("Compute what it held again: {verb}", verb=_encode_alike(store, recipe))


def how_to_check(store: Store, recipe: StoredRecipe, takes: str = "") -> str:
    """Say what gives vectors a checksum, as it can be typed; `takes`: how long that may last."""
    if not _is_encoder(recipe.encoder):
        return _read_again(store)
    verb = _encode_alike(store, recipe)
    return tr(
        "Encode these again{takes}: {verb} --unchecked again. Or take their numbers as they are: {verb} --unchecked trust",
        takes=f" ({takes})" if takes else "",
        verb=verb,
    )


def _read_again(store: Store) -> str:
    return tr(
        "Read them again from the file they came from: fairdesk load-encodings {project} FILE",
        project=shlex.quote(str(store.project)),
    )


def _encode_alike(store: Store, recipe: StoredRecipe) -> str:
    made = store.described(recipe)
    verb = _encode(store, recipe.encoder, recipe.detector)
    if made is not None and made.precision != "float32":
        verb += f" --precision {made.precision}"
    if made is not None and made.mirrored:
        verb += " --mirrored"
    if made is not None and made.scaling:
        verb += f" --scaling {made.scaling}"
    return verb


def _is_a_file(encoder: str) -> bool:
    return _is_encoder(encoder) and (path := EncoderRef.parse(encoder).file) is not None and path.exists()


def _is_encoder(text: str) -> bool:
    try:
        EncoderRef.parse(text)
    except ValueError:
        return False
    return True


def _no_detector(store: Store, encoder: str | None, detector: str, found: list[VectorSet]) -> str:
    """Say that the embeddings there are are of other detectors' faces, and how to make those that are asked for."""
    made_by = found[0].recipe.encoder if encoder is not None and is_recipe(encoder) else encoder
    told = tr(
        "The project {project} has no embeddings of the faces that the detector {detector} finds. It has those of: {detectors}.",
        project=store.project,
        detector=detector,
        detectors=_listed(found),
    )
    if encoder is not None:
        told = tr(
            "The project {project} has no {encoder} embeddings of the faces that the detector {detector} finds. "
            "It has those of: {detectors}.",
            project=store.project,
            encoder=encoder,
            detector=detector,
            detectors=_listed(found),
        )
    if made_by is None or _is_encoder(made_by):
        told += " " + tr("Make them: {verb}", verb=_encode(store, made_by, detector))
    return told


def _no_encoder(store: Store, encoder: str, detector: str | None, everything: list[VectorSet]) -> str:
    """Say that there are no embeddings of an encoder or a recipe, which there are, and how to make those that are asked for."""
    project = store.project
    if is_recipe(encoder):
        parts = [tr("The project {project} has no embeddings of the recipe {recipe}.", project=project, recipe=encoder)]
        if everything:
            listed = ", ".join(f"{one.recipe.hash} ({one.named}, {one.recipe.detector})" for one in everything)
            parts.append(tr("It has: {recipes}. Say one of these, or an encoder by its name.", recipes=listed))
        else:
            parts.append(tr("It has none at all. Compute some: {verb}", verb=_encode(store, None, detector)))
        return " ".join(parts)
    have = sorted({one.named for one in everything})
    parts = [
        tr("The project {project} has no embeddings of the encoder {encoder!r}.", project=project, encoder=encoder)
    ]
    is_one = _is_encoder(encoder)
    stored = EncoderRef.parse(encoder).stored if is_one else encoder
    if stored != encoder and any(stored == one.recipe.encoder for one in everything):
        parts.append(tr("Its embeddings of {encoder} were made with another file of that name.", encoder=stored))
    elif have:
        parts.append(tr("It has: {encoders}.", encoders=", ".join(have)))
    if is_one:
        parts.append(tr("Encode first: {verb}", verb=_encode(store, encoder, detector)))
    elif not have:
        parts.append(tr("Encode first: {verb}", verb=_encode(store, None, detector)))
    else:
        parts.append(tr("Say one of these as --encoder."))
    return " ".join(parts)
