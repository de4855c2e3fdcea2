"""What a job's result says of originals: missing, changed, or not readable, each with its own remedy; each file counts once."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from fairdesk.images.reading_reasons import another_file, file_is_missing, is_of_archive
from fairdesk.jobs.results import Caution, JobResult, Unreadable
from fairdesk.jobs.wording import left_out, listed
from fairdesk.project import Project
from fairdesk.project.archive_names import archive_of
from fairdesk.project.finite import why_unsound
from fairdesk.project.images import image_paths
from fairdesk.words import tr, tr_n

MISSING, CHANGED, DAMAGED = (
    "missing originals",
    "changed originals",
    "damaged originals",
)  # what a caution is about; topics of the window's notices

_AT_ONCE = 5000  # paths that are in memory at once


class TellsOfOriginals(JobResult):
    """A result that gives its cautions part by part, each with what it is about."""

    def caution_parts(self) -> list[Caution]:
        """Return the parts of the caution."""
        raise NotImplementedError

    def caution(self) -> str | None:
        """Return the parts, a line each; None where there are none."""
        return "\n".join(one.text for one in self.caution_parts()) or None


def missing_among(files: Iterable[Unreadable], known: Sequence[str] = ()) -> list[str]:
    """Return the paths of those that could not be read as they are not there, and of those `known` to be missing, each once."""
    return list(dict.fromkeys([*(one.path for one in files if one.why == file_is_missing()), *known]))


def folder_of_all(paths: Sequence[str]) -> str:
    """Return the folder that holds all of some files, as it is typed; OLD where none does."""
    try:
        return shlex.quote(os.path.commonpath([os.path.dirname(path) for path in paths]) or "OLD")
    except ValueError:  # on several drives, or there are none
        return "OLD"


def folder_of_images(project: Project, images: Sequence[int]) -> str:
    """Return the folder that holds the originals of some images, as it is typed; OLD where none does."""
    folders: set[str] = set()
    for start in range(0, len(images), _AT_ONCE):
        paths = image_paths(project, images[start : start + _AT_ONCE]).values()
        folders |= {os.path.dirname(path) for path in paths}
    return folder_of_all([os.path.join(folder, "any") for folder in folders])


def there_among(
    files: Iterable[Unreadable], changed: Sequence[str] = (), damaged: Sequence[Unreadable] = ()
) -> list[Unreadable]:
    """Return those that are there and could not be read, with those that are known to be `damaged`; not those whose one fault is that they have changed.

    Those of which an encoder made no numbers are none of them: the picture was read.
    """
    known = {path for one in (*changed, *(one.path for one in damaged)) for path in _ends(one)}
    there = [
        one
        for one in files
        if one.why not in (file_is_missing(), why_unsound()) and not (one.why == another_file() and one.path in known)
    ]
    told = {one.path for one in there}
    return there + [one for one in damaged if told.isdisjoint(_ends(one.path))]


def changed_among(changed: Sequence[str], there: Sequence[Unreadable]) -> list[str]:
    """Return those that are other pictures now: what is damaged (`there_among`) could not be imported again."""
    damaged = {one.path for one in there}
    return [path for path in changed if damaged.isdisjoint(_ends(path))]


def _ends(path: str) -> list[str]:
    """Return a path, and what it is below each of its folders: faces that failed are told by the path below their folder of originals."""
    parts = PurePath(path).parts
    return [path, *("/".join(parts[place:]) for place in range(1, len(parts)))]


def unmade_line(files: Iterable[Unreadable], encoder: str) -> str | None:
    """Say that an encoder made numbers that are none of some faces, which is no fault of their photographs; None where it did not."""
    found = [one.path for one in files if one.why == why_unsound()]
    if not found:
        return None
    return tr_n(
        "{n:,} face has no embedding: {encoder} gave numbers that are not finite, or too large, for {path}. The photograph was read: the fault is the model's.",
        "{n:,} faces have no embedding: {encoder} gave numbers that are not finite, or too large, for example for {path}. The photographs were read: the fault is the model's.",
        len(found),
        encoder=encoder,
        path=found[0],
    )


def missing_lines(paths: list[str]) -> list[str]:
    """Return the lines about originals that are not there, for a terminal."""
    if not paths:
        return []
    title = tr_n(
        "{n:,} original is missing (Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER)",
        "{n:,} originals are missing (Find moved originals: fairdesk relink PROJECT {folder} NEW-FOLDER)",
        len(paths),
        folder=folder_of_all(paths),
    )
    return listed(title, paths)


def changed_lines(paths: Sequence[str]) -> list[str]:
    """Return the lines about originals that were replaced, for a terminal."""
    if not paths:
        return []
    title = tr_n(
        "{n:,} original has changed since it was imported (Import again: fairdesk import PROJECT FOLDER)",
        "{n:,} originals have changed since they were imported (Import again: fairdesk import PROJECT FOLDER)",
        len(paths),
    )
    return listed(title, list(paths))


def restore(count: int, why: str = "") -> str:
    """Say what mends images whose files are there and cannot be read: for the reason given, or each for its own."""
    if is_of_archive(why):
        return tr("Put a good copy of the archive in its place, and import it again.")
    return tr_n(
        "Put a good copy in its place, or hide or purge the image.",
        "Put good copies in their place, or hide or purge the images.",
        count,
    )


def unread_lines(
    files: list[Unreadable],
    changed: list[str],
    damaged: Sequence[Unreadable] = (),
    missing: Sequence[str] = (),
    *,
    of_project: bool = True,
) -> list[str]:
    """Return the lines about originals that are missing, changed, or there and not readable, for a terminal.

    `missing` ones need not have been looked for. `of_project`: they are images of a project, which can be hidden.
    """
    every = there_among(files, changed, damaged)
    there = [one for one in every if not is_of_archive(one.why)]
    title = tr_n("{n:,} could not be read", "{n:,} could not be read", len(there))
    if of_project:
        title = tr_n(
            "{n:,} could not be read (put a good copy in its place, or hide or purge the image)",
            "{n:,} could not be read (put good copies in their place, or hide or purge the images)",
            len(there),
        )
    gone = missing_among(files, missing)
    return [
        *missing_lines(gone),
        *changed_lines(changed_among(changed, every)),
        *archive_lines(every),
        *left_out(title, there),
    ]


def archive_lines(files: Iterable[Unreadable]) -> list[str]:
    """Return a line for each archive of which, by their reasons, some files could not be read: all of them have one remedy."""
    counted = Counter((archive_of(one.path), one.why) for one in files if is_of_archive(one.why))
    return [
        tr_n(
            "{n:,} image of {archive} could not be read: {why}. {remedy}",
            "{n:,} images of {archive} could not be read: {why}. {remedy}",
            count,
            archive=archive,
            why=why,
            remedy=restore(count, why),
        )
        for (archive, why), count in counted.items()
    ]


def cautions_of(
    files: list[Unreadable],
    changed: list[str],
    also: Iterable[str | None] = (),
    damaged: Sequence[Unreadable] = (),
    missing: Sequence[str] = (),
    *,
    of_project: bool = True,
) -> list[Caution]:
    """Return what the window says of originals, and what else there is to say of a result."""
    said, there = [], there_among(files, changed, damaged)
    if gone := missing_among(files, missing):
        text = tr_n(
            "{n:,} original is missing (Find moved originals): {path}",
            "{n:,} originals are missing (Find moved originals), for example {path}",
            len(gone),
            path=gone[0],
        )
        said.append(Caution(text, MISSING, gone[0]))
    if changed := changed_among(changed, there):
        text = tr_n(
            "{n:,} original has changed since it was imported (Import again): {path}",
            "{n:,} originals have changed since they were imported (Import again), for example {path}",
            len(changed),
            path=changed[0],
        )
        said.append(Caution(text, CHANGED, changed[0]))
    in_archives = [one for one in there if is_of_archive(one.why)]
    said += [Caution(line, DAMAGED if of_project else "", in_archives[0].path) for line in archive_lines(there)]
    if there := [one for one in there if not is_of_archive(one.why)]:
        text = tr_n(
            "{n:,} image could not be read: {path}: {why}",
            "{n:,} images could not be read, for example {path}: {why}",
            len(there),
            path=there[0].path,
            why=there[0].why,
        )
        said.append(Caution(f"{text}. {restore(len(there))}", DAMAGED, there[0].path) if of_project else Caution(text))
    return said + [Caution(text) for text in also if text]
