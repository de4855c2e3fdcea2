"""Refuses to call work done where nothing could be read, with each image's own reason, counted."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import numpy as np

from fairdesk.errors import JobFailed
from fairdesk.faces.originals_told import folder_of_all
from fairdesk.faces.results import FaceCounts
from fairdesk.images.reading_reasons import another_file, file_is_missing, is_of_archive
from fairdesk.project import Project
from fairdesk.project.archive_names import archive_of
from fairdesk.project.finite import why_unsound
from fairdesk.project.images import hidden_images, image_paths
from fairdesk.project.originals import missing_originals
from fairdesk.words import tr, tr_n

_NAMED = 5  # reasons


def by_reason(whys: Mapping[str, str]) -> str:
    """Say how many files (path: why) have each reason, the most frequent first, each with an example."""
    first: dict[str, str] = {}
    for path, why in whys.items():
        first.setdefault(why, path)
    counted = Counter(whys.values()).most_common()
    parts = [
        tr_n("{n:,} ({why}): {path}", "{n:,} ({why}), for example {path}", count, why=why, path=first[why])
        for why, count in counted[:_NAMED]
    ]
    if rest := sum(count for _, count in counted[_NAMED:]):
        parts.append(tr_n("{n:,} for another reason", "{n:,} for other reasons", rest))
    return "; ".join(parts)


def need_some_read(found: FaceCounts, project: Project) -> None:
    """Refuse to call it done where not one image could be read: their folder was moved, or a disk is not there. Raises `JobFailed`."""
    if not found.faces and not found.without_face and found.unreadable:
        raise nothing_read(project, {one.path: one.why for one in found.unreadable})


def need_some_there(project: Project, whys: Mapping[int, str], *, any_before: bool) -> None:
    """Refuse to call it done where none of the images that were left (each with why) could be read.

    Where there are results of others (`any_before`), files that are there and damaged do not make it a failure each time, originals
    that are missing do; hidden ones never. Raises `JobFailed`.
    """
    whys = {image: why for image, why in whys.items() if why != why_unsound()}  # these were read
    if not whys:
        return
    missing = missing_originals(project).images
    hidden = hidden_images(project)
    counting = missing if any_before else np.fromiter(whys, np.int64)
    if len(np.setdiff1d(np.intersect1d(counting, sorted(whys)), hidden)):
        paths = image_paths(project, sorted(whys))
        raise nothing_read(project, {paths[image]: why for image, why in sorted(whys.items())})


def need_some_made(encoder: str, failures: Iterable[tuple[int, str]], *, any_made: bool) -> None:
    """Refuse to call it done where an encoder made numbers that are none of each face it was given. Raises `JobFailed`."""
    whys = [why for _, why in failures]
    if whys and not any_made and all(why == why_unsound() for why in whys):
        raise JobFailed(
            tr_n(
                "{encoder} made no embedding: of the only face it gave numbers that are not finite, or too large. The photograph was read: choose another model, or export this one again.",
                "{encoder} made no embedding: of all {n:,} faces it gave numbers that are not finite, or too large. The photographs were read: choose another model, or export this one again.",
                len(whys),
                encoder=encoder,
            )
        )


def nothing_read(project: Project, whys: Mapping[str, str]) -> JobFailed:
    """Return that none of some files (path: why) could be read, with what mends each kind."""
    missing = [path for path, why in whys.items() if why == file_is_missing()]
    replaced = [path for path, why in whys.items() if why == another_file()]
    archives = list(dict.fromkeys(archive_of(path) for path, why in whys.items() if is_of_archive(why)))
    damaged = sum(not is_of_archive(why) for why in whys.values()) - len(missing) - len(replaced)
    said = [
        tr_n(
            "The only image that was left to do could not be read: {reasons}.",
            "None of the {n:,} images that were left to do could be read: {reasons}.",
            len(whys),
            reasons=by_reason(whys),
        )
    ]
    if missing:
        said.append(
            tr(
                "Missing originals that were moved: fairdesk relink PROJECT {folder} NEW-FOLDER. Deleted ones: hide or purge them.",
                folder=folder_of_all(missing),
            )
        )
    if replaced:
        said.append(
            tr(
                "Originals that are other files now: fairdesk import PROJECT {folder}, or put back what was imported.",
                folder=shlex.quote(_imported_from(project, replaced[0])),
            )
        )
    said += [
        tr(
            "Put a good copy of the archive in its place, then: fairdesk import PROJECT {archive}.",
            archive=shlex.quote(archive),
        )
        for archive in archives[:_NAMED]
    ]
    if damaged:
        said.append(tr("Damaged originals: put good copies in their place, or hide or purge them."))
    return JobFailed(" ".join(said))


def _imported_from(project: Project, path: str) -> str:
    """Return the folder, or archive, that an original was imported from."""
    roots = [str(root) for root in project.roots().values() if PurePath(path).is_relative_to(root)]
    return max(roots, key=len, default="FOLDER")
