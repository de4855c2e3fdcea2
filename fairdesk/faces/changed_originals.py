"""Originals that were replaced since they were imported: what is read of them is another photograph than the catalogue says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.images.file_facts import sha256_of, stamped
from fairdesk.images.image_sources import reading_order
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.images import image_numbers
from fairdesk.project.originals import ImportedFile, imported_files
from fairdesk.words import tr_n

_AT_ONCE = 4096
_CHECK_EVERY = 64


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
