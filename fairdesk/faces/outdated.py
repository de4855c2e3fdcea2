"""Embeddings made with other versions of the libraries than are installed now, and what encoding them anew takes.

No model is imported here: a form asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from fairdesk.jobs.messages import duration
from fairdesk.project.recipes import Recipe, VectorSet
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_ENOUGH = 50  # faces: fewer say nothing of the rate
_PACKAGES = {"dlib": ("dlib", "dlib-bin")}  # what a library is installed as


@dataclass(frozen=True)
class Outdated:
    """The newest embeddings of an encoder and a detector that other versions made."""

    vectors: VectorSet
    versions: dict[str, tuple[str, str]]  # of a library: then, now
    seconds: float | None  # it takes to encode them anew; None where no rate is known

    def changed(self) -> str:
        """Name the libraries with their versions then and now."""
        return ", ".join(
            tr("{library} {then} (now {now})", library=name, then=then, now=now)
            for name, (then, now) in self.versions.items()
        )

    def text(self) -> str:
        """Say what changed, and what encoding them anew takes."""
        text = tr_n(
            "{n:,} face has an embedding made with {versions}.",
            "{n:,} faces have embeddings made with {versions}.",
            self.vectors.vectors,
            versions=self.changed(),
        )
        if self.seconds is None:
            return text + " " + tr("They stay; this encodes all faces anew, under a recipe of their own.")
        return (
            text
            + " "
            + tr(
                "They stay; this encodes all faces anew, under a recipe of their own, in about {time} at the last rate.",
                time=duration(self.seconds),
            )
        )


def outdated(project: Project, encoder: str, detector: str) -> Outdated | None:
    """Return what is outdated of an encoder and a detector; None where the newest embeddings are of today's versions."""
    made = [one for one in project.vectors.of_encoder(encoder) if one.recipe.detector == detector]
    return outdated_set(project, made[0]) if made else None


def outdated_set(project: Project, made: VectorSet) -> Outdated | None:
    """Return what is outdated of some embeddings; None where they are of today's versions."""
    recipe = project.vectors.described(made.recipe)
    changed = _changed(recipe) if recipe is not None else {}
    if not changed:
        return None
    return Outdated(made, changed, seconds_for(project, made.recipe.encoder, made.faces))


def seconds_for(project: Project, encoder: str, faces: int) -> float | None:
    """Return how long an encoder takes for some faces at its last rate on this project; None where no rate is known."""
    rate = project.setting(_key(encoder))
    return faces / float(rate) if rate else None


def keep_rate(project: Project, encoder: str, faces: int, seconds: float) -> None:
    """Remember how fast an encoder was on this project, where it says something."""
    if faces >= _ENOUGH and seconds > 0:
        project.set_setting(_key(encoder), f"{faces / seconds:.3f}")


def _key(encoder: str) -> str:
    return f"faces a second {encoder}"


def _changed(recipe: Recipe) -> dict[str, tuple[str, str]]:
    """Return the libraries of a recipe of which another release is installed; what is not installed cannot be told."""
    found = {}
    for name, then in recipe.versions.items():
        now = _installed(name)
        if now is not None and _release(now) != _release(then):
            found[name] = (then, now)
    return found


def _installed(name: str) -> str | None:
    for package in _PACKAGES.get(name, (name,)):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return None


def _release(text: str) -> str:
    """Return the release of a version without what was built or packed around it: 2.9.0 of 2.9.0+cpu, 20.0.1 of 20.0.1.post1."""
    found = re.match(r"\d+(\.\d+)*", text)
    return found.group() if found else text
