"""Originals that were replaced since they were imported: what is read of them is another photograph than the catalogue says."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.faces.originals_told import restore
from fairdesk.images.file_facts import sha256_of, stamped
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.image_sources import reading_order, stamp
from fairdesk.images.reading_reasons import file_is_missing, why_unread
from fairdesk.jobs.context import Context, QuietContext
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.images import hidden_images, image_numbers
from fairdesk.project.kept_facts import FactStore
from fairdesk.project.originals import ImportedFile, images_at, imported_files, imported_stamps
from fairdesk.words import tr_n

_AT_ONCE = 4096
_CHECK_EVERY = 64
_TOLD = 1000  # paths that a job has told of
_PICTURES: set[str] = set()  # contents, by SHA-256, that this process has decoded
LOOKED_AT = 100_000  # images: in a larger project a window asks no disk for all of them


def images_meant(project: Project, where: Sequence[str] | None = None) -> list[int]:
    """Return the images that meet some conditions, or all, hidden ones too: what is said of them rests on their originals."""
    found: list[int] = sorted(meeting(project, where)) if where else image_numbers(project).tolist()
    return found


class Compared(NamedTuple):
    """Paths of originals that are other pictures now than those that were imported, of those that are damaged, with why, and of those that are missing."""

    changed: list[str]
    damaged: list[Unreadable]
    missing_paths: list[str]


def compare_originals(
    images: Sequence[int], context: Context, *, told: bool = False, project: Project | None = None
) -> Compared:
    """Return which of some images' originals are not what was imported, after saying so (unless it is `told`).

    A file is read only where its stamp is not the one that its hash was kept with. Of those that differ the ones that are no
    pictures, or cannot be read at all, are damaged, which importing again does not mend. Hidden images are counted neither among these
    nor among those that are missing, which the result tells. They are of the job's project unless another is given.
    """
    project = context.project if project is None else project
    changed, damaged, missing = _apart(project, images, context)
    if changed and not told:
        context.message(
            tr_n(
                "{n:,} original is another file than the one that was imported: {path}. What is known of it (labels, faces and "
                "embeddings that were made before) may be another person's. Import its folder again: fairdesk import PROJECT {folder}",
                "{n:,} originals are other files than those that were imported, for example {path}. What is known of them (labels, "
                "faces and embeddings that were made before) may be other people's. Import their folder again: fairdesk import PROJECT {folder}",
                len(changed),
                path=changed[0].path,
                folder=shlex.quote(str(changed[0].folder)),
            )
        )
    if damaged and not told:
        context.message(
            tr_n(
                "{n:,} original cannot be read any more: {path}: {why}. {remedy}",
                "{n:,} originals cannot be read any more, for example {path}: {why}. {remedy}",
                len(damaged),
                path=damaged[0][0].path,
                why=damaged[0][1],
                remedy=restore(len(damaged), damaged[0][1]),
            )
        )
    return Compared(
        [str(one.path) for one in changed],
        [Unreadable(path=str(one.path), why=why) for one, why in damaged],
        [str(one.path) for one in missing],
    )


def _apart(
    project: Project, images: Sequence[int], context: Context
) -> tuple[list[ImportedFile], list[tuple[ImportedFile, str]], list[ImportedFile]]:
    """Return which originals of some images are other pictures, which are damaged, with why, and which are missing."""
    changed: list[ImportedFile] = []
    damaged: list[tuple[ImportedFile, str]] = []
    missing: list[ImportedFile] = []
    hidden = hidden_images(project)
    for start in range(0, len(images), _AT_ONCE):
        if start:
            context.check()
        part = images[start : start + _AT_ONCE]
        shown = set(np.setdiff1d(part, hidden).tolist())
        originals = zip(sorted(part), imported_files(project, part), strict=True)
        for image, one, why in _unlike(project, list(originals), context):
            if why is None:
                changed.append(one)
            elif image not in shown:
                continue
            elif why == file_is_missing():
                missing.append(one)
            else:
                damaged.append((one, why))
    return changed, damaged, missing


def _unlike(
    project: Project, originals: list[tuple[int, ImportedFile]], context: Context
) -> Iterator[tuple[int, ImportedFile, str | None]]:
    """Yield the originals that are not what was imported, each with why it cannot be read; None for another picture."""
    store = project.facts
    stamps = stamped([one.path for _, one in originals])
    there, known = {path for path, _ in stamps}, store.hashes(stamps)
    failed = {one.path: why for _, one in originals if one.path not in there and (why := _why_no_file(one.path))}
    unknown = [one.path for _, one in originals if one.path in there and one.path not in known]
    for place, path in enumerate(_in_order(unknown)):
        if place % _CHECK_EVERY == _CHECK_EVERY - 1:
            context.check()
        try:
            known[path] = sha256_of(path, store)
        except (FileNotFoundError, NotADirectoryError):
            failed[path] = file_is_missing()
        except (OSError, RequestError) as error:
            failed[path] = _said(error)
    for image, one in originals:
        if one.path in failed:
            yield image, one, failed[one.path]
        elif (sha := known.get(one.path, one.sha256)) != one.sha256:
            context.check()
            yield image, one, _damage(one.path, sha, store)


def _why_no_file(path: Path) -> str | None:
    """Return why a file whose stamp cannot be had cannot be read; None where it can."""
    try:
        stamp(path)
    except (FileNotFoundError, NotADirectoryError):
        return file_is_missing()
    except OSError as error:
        return _said(error)
    return None


def _said(error: OSError | RequestError) -> str:
    return why_unread(error) if isinstance(error, OSError) else str(error)


def _damage(path: Path, sha: str, store: FactStore) -> str | None:
    """Return why contents are no picture; None where they are one."""
    if sha in _PICTURES:
        return None
    if (known := store.of_content([sha]).get(sha)) is not None:
        return known.why
    try:
        open_image(path)
    except UnreadableImageError as error:
        return error.why
    _PICTURES.add(sha)
    return None


def _in_order(paths: list[Path]) -> list[Path]:
    try:
        return [paths[place] for place in reading_order(paths)]
    except (OSError, RequestError):  # an archive that cannot be read now
        return paths


class ChangedNow(NamedTuple):
    """Originals that are other pictures now than those that were imported, and those that cannot be read."""

    images: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    folder: str = ""  # the one that the first of them was imported from
    damaged: tuple[int, ...] = ()  # images, hidden ones left out
    damaged_paths: tuple[str, ...] = ()
    why: str = ""  # of the first of these


def changed_now(project: Project, told: Sequence[str] = ()) -> ChangedNow:
    """Return which originals have changed or cannot be read, as the window tells it beside its counts.

    Files whose size or time is not the catalogue's are compared by their contents. In a project of more than `LOOKED_AT` images
    only those are that a job has `told` of.
    """
    images = images_at(project, map(Path, told[:_TOLD]))
    if len(image_numbers(project)) <= LOOKED_AT:
        images = sorted({*images, *_suspects(project)})
    if not images:
        return ChangedNow()
    number_of = {one.path: image for image, one in zip(images, imported_files(project, images), strict=True)}
    changed, damaged, _ = _apart(project, images, QuietContext(project))
    return ChangedNow(
        tuple(number_of[one.path] for one in changed),
        tuple(str(one.path) for one in changed),
        str(changed[0].folder) if changed else "",
        tuple(number_of[one.path] for one, _ in damaged),
        tuple(str(one.path) for one, _ in damaged),
        damaged[0][1] if damaged else "",
    )


def _suspects(project: Project) -> list[int]:
    """Return the images whose original has another size, or time of last change, than when it was imported, or is no file."""
    kept = {path: (number, size, mtime) for number, path, size, mtime in imported_stamps(project)}
    there = dict(stamped(list(kept)))
    return sorted(
        number
        for path, (number, *before) in kept.items()
        if ([now.size, now.mtime_ns] != before if (now := there.get(path)) else _why_no_file(path) != file_is_missing())
    )  # those of an archive have its time: all are compared, in one pass
