"""Refuses to call work done where nothing could be read, with each image's own reason, counted."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from fairdesk.errors import JobFailed
from fairdesk.faces.originals_told import missing_among
from fairdesk.faces.results import FaceCounts
from fairdesk.project import Project
from fairdesk.project.images import hidden_images, image_paths
from fairdesk.project.originals import NONE_MISSING, missing_originals
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
    if found.faces or found.without_face or not found.unreadable:
        return
    first, missing = found.unreadable[0], missing_among(found.unreadable)
    reasons = by_reason({one.path: one.why for one in found.unreadable})
    if not missing:
        raise JobFailed(
            tr_n(
                "The only image could not be read: {reasons}. Put a good copy in its place, or import its folder again; or hide or purge the image.",
                "None of {n:,} images could be read: {reasons}. Put good copies in their place, or import their folder again; or hide or purge the images.",
                len(found.unreadable),
                reasons=reasons,
            )
        )
    gone = missing_originals(project).folder or os.path.commonpath([os.path.dirname(path) for path in missing])
    folder = shlex.quote(gone)
    if len({one.why for one in found.unreadable}) > 1:
        raise JobFailed(
            tr(
                "None of {n:,} images could be read: {reasons}. Those that are missing, if they were moved: "
                "fairdesk relink PROJECT {folder} NEW-FOLDER. The others: put good copies in their place, or hide or purge them.",
                n=len(found.unreadable),
                reasons=reasons,
                folder=folder,
            )
        )
    raise JobFailed(
        tr_n(
            "The only image could not be read: {path}: {why}. If it was moved: fairdesk relink PROJECT {folder} NEW-FOLDER",
            "None of {n:,} images could be read, for example {path}: {why}. If they were moved: "
            "fairdesk relink PROJECT {folder} NEW-FOLDER",
            len(found.unreadable),
            path=first.path,
            why=first.why,
            folder=folder,
        )
    )


def need_some_there(project: Project, whys: Mapping[int, str]) -> None:
    """Refuse to call it done where none of the images that were left (each with why) could be read and originals are missing.

    A file that is there and damaged, or one that is hidden, does not make it a failure each time. Raises `JobFailed`.
    """
    images: Sequence[int] = sorted(whys)
    missing = missing_originals(project) if images else NONE_MISSING
    if not len(missing):  # nor is what compares them loaded
        return
    gone = np.setdiff1d(np.intersect1d(missing.images, images), hidden_images(project))
    if not len(gone):
        return
    paths = image_paths(project, images)
    raise JobFailed(
        tr_n(
            "The only image that was left to do is missing: {path}. If it was moved: fairdesk relink PROJECT {folder} NEW-FOLDER. "
            "If it was deleted: hide or purge it.",
            "None of the {n:,} images that were left to do could be read: {reasons}. "
            "Missing originals that were moved: fairdesk relink PROJECT {folder} NEW-FOLDER. Deleted ones, and those that are damaged and have no good copy: hide or purge them.",
            len(images),
            path=paths[int(gone[0])],
            reasons=by_reason({paths[image]: whys[image] for image in images}),
            folder=shlex.quote(missing.folder),
        )
    )
