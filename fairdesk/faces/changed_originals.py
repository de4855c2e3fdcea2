"""Originals that were replaced since they were imported: what is read of them is another photograph than the catalogue says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fairdesk.errors import RequestError
from fairdesk.images.file_facts import sha256_of, stamped
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.image_sources import reading_order
from fairdesk.jobs.context import Context, QuietContext
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.images import image_numbers
from fairdesk.project.originals import ImportedFile, images_at, imported_files, imported_stamps
from fairdesk.words import tr_n

_AT_ONCE = 4096
_CHECK_EVERY = 64
_TRIED = 50  # files that are decoded to see whether they are pictures yet
_TOLD = 1000  # paths that a job has told of
LOOKED_AT = 100_000  # images: in a larger project a window asks no disk for all of them


def images_meant(project: Project, where: Sequence[str] | None = None) -> list[int]:
    """Return the images that meet some conditions, or all, hidden ones too: what is said of them rests on their originals."""
    found: list[int] = sorted(meeting(project, where)) if where else image_numbers(project).tolist()
    return found


def changed_originals(
    images: Sequence[int], context: Context, *, told: bool = False, project: Project | None = None
) -> list[str]:
    """Return the paths of those of some images whose contents are not what was imported, after saying so (unless it is `told`).

    A file is read only where its stamp is not the one that its hash was kept with. One that is missing or cannot be read
    now is left out: whoever reads it says why. They are of the job's project unless another is given.
    """
    project = context.project if project is None else project
    changed: list[ImportedFile] = []
    for start in range(0, len(images), _AT_ONCE):
        if start:
            context.check()
        changed += _changed(project, imported_files(project, images[start : start + _AT_ONCE]), context)
    if changed and not told:
        paths = [one.path for one in changed]
        context.message(
            tr_n(
                "{n:,} original is another file than the one that was imported: {path}. What is known of it (labels, faces and "
                "embeddings that were made before) may be another person's. Import its folder again: fairdesk import PROJECT {folder} "
                "(a file that is damaged: restore, hide or purge it)",
                "{n:,} originals are other files than those that were imported, for example {path}. What is known of them (labels, "
                "faces and embeddings that were made before) may be other people's. Import their folder again: "
                "fairdesk import PROJECT {folder} (files that are damaged: restore, hide or purge them)",
                len(paths),
                path=paths[0],
                folder=changed[0].folder,
            )
        )
    return [str(one.path) for one in changed]


def _changed(project: Project, originals: list[ImportedFile], context: Context) -> list[ImportedFile]:
    store = project.facts
    stamps = stamped([one.path for one in originals])
    there, known = {path for path, _ in stamps}, store.hashes(stamps)
    unknown = [one.path for one in originals if one.path in there and one.path not in known]
    for place, path in enumerate(_in_order(unknown)):
        if place % _CHECK_EVERY == _CHECK_EVERY - 1:
            context.check()
        try:
            known[path] = sha256_of(path, store)
        except (OSError, RequestError):
            continue
    return [one for one in originals if known.get(one.path, one.sha256) != one.sha256]


def _in_order(paths: list[Path]) -> list[Path]:
    try:
        return [paths[place] for place in reading_order(paths)]
    except (OSError, RequestError):  # an archive that cannot be read now
        return paths


class ChangedNow(NamedTuple):
    """Originals that are other pictures now than those that were imported."""

    images: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    folder: str = ""  # the one that the first of them was imported from


def changed_now(project: Project, told: Sequence[str] = ()) -> ChangedNow:
    """Return which originals have changed, as the window tells it beside its counts.

    Files whose size or time is not the catalogue's are compared by their contents; one that is damaged is no other picture. In a project of more than `LOOKED_AT` images
    only those are that a job has `told` of.
    """
    images = images_at(project, map(Path, told[:_TOLD]))
    if len(image_numbers(project)) <= LOOKED_AT:
        images = sorted({*images, *_suspects(project)})
    if not images:
        return ChangedNow()
    found = set(changed_originals(images, QuietContext(project), told=True))
    originals = [
        (image, one)
        for image, one in zip(images, imported_files(project, images), strict=True)
        if str(one.path) in found and (len(found) > _TRIED or _is_picture(one.path))
    ]
    return ChangedNow(
        tuple(image for image, _ in originals),
        tuple(str(one.path) for _, one in originals),
        str(originals[0][1].folder) if originals else "",
    )


def _is_picture(path: Path) -> bool:
    """Whether a file can be taken as it is now; one that is damaged was not replaced, and whoever searches it says so."""
    try:
        open_image(path)
    except UnreadableImageError:
        return False
    return True


def _suspects(project: Project) -> list[int]:
    """Return the images whose original has another size, or time of last change, than when it was imported."""
    kept = {path: (number, size, mtime) for number, path, size, mtime in imported_stamps(project)}
    return sorted(
        kept[path][0] for path, now in stamped(list(kept)) if (now.size, now.mtime_ns) != kept[path][1:]
    )  # those of an archive have its time: all are compared, in one pass
