"""What has become of a project's originals: those that are missing and those that changed, told once and as long as it is so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fairdesk.faces.changed_originals import ChangedNow, changed_now
from fairdesk.faces.originals_told import CHANGED, DAMAGED, MISSING, restore
from fairdesk.faces.outdated import seconds_for
from fairdesk.gui.notice import Notice
from fairdesk.jobs.messages import duration
from fairdesk.project.originals import Missing, missing_originals
from fairdesk.project.vector_choice import without_checksum
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project import Project
    from fairdesk.project.recipes import VectorSet

LOST, UNCHECKED = "lost embeddings", "embeddings without a checksum"  # topics of notices, as MISSING and CHANGED are


class Originals(NamedTuple):
    """Those that are missing, and those that are other files now than those that were imported."""

    missing: Missing
    changed: ChangedNow
    lost: list[tuple[VectorSet, int]]  # embeddings, and how many of them their files lack
    lost_shown: dict[str, int]  # by recipe: how many of these are of images that are not hidden
    unchecked: list[
        tuple[VectorSet, int, str]
    ]  # embeddings, how many of them have no checksum, and how long encoding these takes


def looked_over(project: Project, told: tuple[str, ...]) -> Originals:
    """Look through a large catalogue, once, and return what has become of the originals and of files of embeddings. Raises `DamagedError`."""
    if project.db.unchecked:
        project.db.check_pages()
    lost = [(one, lacking) for one in project.vectors.sets() if (lacking := project.vectors.lost(one.recipe))]
    shown = {one.recipe.hash: project.vectors.lost(one.recipe, hidden=False) for one, _ in lost}
    unchecked = [
        (one, count, "" if (seconds := seconds_for(project, one.recipe.encoder, count)) is None else duration(seconds))
        for one in project.vectors.sets()
        if (count := project.vectors.unchecked(one.recipe))
    ]
    return Originals(missing_originals(project), changed_now(project, told), lost, shown, unchecked)


def missing_notice(found: Missing, find: Callable[[], None]) -> Notice | None:
    """Say which originals are missing, with the way to find them; None where none is."""
    if not len(found):
        return None
    text = tr_n(
        "{n:,} original is missing: {path}. Its thumbnail, labels and results stay.",
        "{n:,} originals are missing, for example {path}. Their thumbnails, labels and results stay.",
        len(found),
        path=found.first,
    )
    return Notice(text, "error", tr("Find moved originals…"), find, MISSING)


def changed_notice(found: ChangedNow, ask: Callable[[str, dict[str, Any]], None]) -> Notice | None:
    """Say which originals have changed, with the form that takes them as they are now; None where none has."""
    if not found.paths:
        return None
    text = tr_n(
        "{n:,} original has changed since it was imported: {path}. Import its folder again to take it as it is now: "
        "its labels stay, and faces and embeddings are made anew.",
        "{n:,} originals have changed since they were imported, for example {path}. Import their folder again to take them as they "
        "are now: their labels stay, and faces and embeddings are made anew.",
        len(found.paths),
        path=found.paths[0],
    )
    return Notice(text, "error", tr("Import again…"), lambda: ask("import", {"folder": found.folder}), CHANGED)


def damaged_notice(found: ChangedNow, show: Callable[[], None]) -> Notice | None:
    """Say which originals cannot be read any more, with the way to their images; None where none is."""
    if not found.damaged:
        return None
    text = tr_n(
        "{n:,} original cannot be read: {path}: {why}. {remedy}",
        "{n:,} originals cannot be read, for example {path}: {why}. {remedy}",
        len(found.damaged),
        path=found.damaged_paths[0],
        why=found.why,
        remedy=restore(len(found.damaged), found.why),
    )
    return Notice(text, "error", tr("Select them"), show, DAMAGED)


def lost_notice(lost: list[tuple[VectorSet, int]], ask: Callable[[str, dict[str, Any]], None]) -> Notice | None:
    """Say which embeddings are lost with their file, with the form that computes them again; None where none is."""
    if not lost:
        return None
    first, count = lost[0]
    text = tr_n(
        "{n:,} of {all:,} {encoder} embeddings of {detector} is lost: its file is missing or damaged. Nothing else is, and it can be computed again.",
        "{n:,} of {all:,} {encoder} embeddings of {detector} are lost: their files are missing or damaged. Nothing else is, and they can be computed again.",
        count,
        all=first.vectors,
        encoder=first.named,
        detector=first.recipe.detector,
    )
    more = sum(number for _, number in lost[1:])
    if more:
        text += " " + tr_n("Of others, {n:,} is lost too.", "Of others, {n:,} are lost too.", more)
    values = _of_kind(first)
    return Notice(text, "error", tr("Compute embeddings…"), lambda: ask("encode", values), LOST)


def unchecked_notice(
    unchecked: list[tuple[VectorSet, int, str]], ask: Callable[[str, dict[str, Any]], None]
) -> Notice | None:
    """Say which embeddings have no checksum, with the form that gives them one; None where none is without."""
    if not unchecked:
        return None
    first, count, takes = unchecked[0]
    text = f"{first.named}, {first.recipe.detector}: {without_checksum(count)}"
    if first.recipe.encoder.startswith("given:"):
        text += " " + tr("Read the file that they came from again.")
        return Notice(text, "error", tr("Import embeddings…"), lambda: ask("load-encodings", {}), UNCHECKED)
    about = tr(", in about {time} at the last rate", time=takes) if takes else ""
    text += " " + tr("Encode these again{about}, or take their numbers as they are.", about=about)
    values = _of_kind(first) | {"unchecked": "again"}
    return Notice(text, "error", tr("Compute embeddings…"), lambda: ask("encode", values), UNCHECKED)


def _of_kind(first: VectorSet) -> dict[str, Any]:
    """Return what the form of embeddings is filled in with, to make some of the same kind."""
    values: dict[str, Any] = {"encoder": first.recipe.encoder, "detector": first.recipe.detector}
    if first.precision != "float32":
        values["precision"] = first.precision
    if first.scaling:
        values["scaling"] = first.scaling
    if first.mirrored:
        values["mirrored"] = True
    return values


def changed_of(result: object) -> list[str]:
    """Return the paths of the originals that a job's result says have changed, or cannot be read any more."""
    told = [getattr(result, name, None) for name in ("changed", "damaged")]
    found = [one for part in told if isinstance(part, list) for one in part]  # an import counts them
    paths = [getattr(one, "path", one) for one in found]
    return paths if all(isinstance(one, str) for one in paths) else []


def only_folder(project: Project) -> str:
    """Return the folder of all originals, where they are of one."""
    roots = list(project.roots().values())
    return str(roots[0]) if len(roots) == 1 else ""


def folder_of(project: Project | None, path: str) -> str:
    """Return the folder, or archive, that an original was imported from."""
    roots = (
        [] if project is None else [str(root) for root in project.roots().values() if Path(path).is_relative_to(root)]
    )
    return max(roots, key=len, default="")
