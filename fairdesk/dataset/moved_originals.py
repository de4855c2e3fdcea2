"""Moved originals are found again by name, size and hash, in one undoable step."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from fairdesk.dataset.params import RelinkParams
from fairdesk.dataset.results import RelinkResult
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.file_facts import sha256_of
from fairdesk.images.folder_layouts import Tree, read_tree
from fairdesk.images.image_sources import stamp
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.archive_names import archive_of
from fairdesk.project.originals import Original, recorded_folders, recorded_under, relocate
from fairdesk.words import tr, tr_n


def to_be_found(project: Project, params: RelinkParams) -> str:
    """Say how many originals lay under the old folder, how many of them are missing, and how many a look by name and size finds."""
    images = recorded_under(project, params.old)
    there = _places(_trees(params.new, images))
    gone = [image for image in images if not _lies_there(image.now)]
    wanted = Counter((image.path.name, image.size) for image in images)
    like = sum(
        min(count, len(there.get(key, []))) for key, count in wanted.items()
    )  # each file is one original's at most
    return tr_n(
        "{n:,} original lay in the old folder, {gone:,} of them missing. The new one has files of the name and size of {like:,}.",
        "{n:,} originals lay in the old folder, {gone:,} of them missing. The new one has files of the name and size of {like:,}.",
        len(images),
        gone=len(gone),
        like=like,
    )


def find_moved_originals(params: RelinkParams, context: Context) -> RelinkResult:
    """Job: point images that lay under `old` to the same files under `new`.

    A file counts as the same if its content hash is; first at the same relative path, then anywhere
    below `new` under the same name and size. What lay in an archive is looked for in those of its name below `new`, too.
    An image whose original still lies under `old`, and is not under `new`, stays as it is.
    """
    project = context.project
    images = recorded_under(project, params.old)
    there_already = recorded_under(project, params.new) if not images else []
    if there_already:  # as where it is asked for a second time
        gone = [image.path.relative_to(params.new).as_posix() for image in there_already if not _lies_there(image.now)]
        text = tr_n(
            "Nothing to do: no image of the project lies under {old}, and {n:,} lies under {new} already.",
            "Nothing to do: no image of the project lies under {old}, and {n:,} lie under {new} already.",
            len(there_already),
            old=params.old,
            new=params.new,
        )
        return RelinkResult(
            relinked=0, missing=len(gone), missing_paths=gone, in_place=len(there_already) - len(gone), summary=text
        )
    if not images:
        known = ", ".join(map(str, recorded_folders(project))) or "none"
        raise RequestError(
            tr(
                "No image of the project lies under {old}. Its folders of originals: {known}",
                old=params.old,
                known=known,
            )
        )
    places = _places(_trees(params.new, images))
    found: dict[Path, list[tuple[int, str]]] = {}
    missing: list[str] = []
    in_place = 0
    for done, image in enumerate(images, 1):
        context.check()
        relative = image.path.relative_to(params.old).as_posix()
        same = {relative, _inside(image.path)}
        candidates = sorted(places.get((image.path.name, image.size), []), key=lambda one: one[1] not in same)
        match = next((one for one in candidates if sha256_of(one[0] / one[1], project.facts) == image.sha256), None)
        if match is not None and match[0] / match[1] != image.now:
            found.setdefault(match[0], []).append((image.id, match[1]))
        elif match is not None or _lies_there(image.now):
            in_place += 1
        else:
            missing.append(relative)
        context.progress(done, len(images), tr("images"))
    if missing and not found and not any(_lies_there(one.now) for one in recorded_under(project, params.new)):
        archives = sorted(_archives(images))
        hint = (
            " "
            + tr(
                "Or give the archive that holds them now, whatever it is called ({names}).",
                names=", ".join(archives[:3]),
            )
            if archives
            else ""
        )
        raise JobFailed(
            tr_n(
                "Nothing was found: {n:,} original that is missing from {old} is not under {new}: {path}. Name the folder that holds it now; a file counts as the same if its contents are.",
                "Nothing was found: none of the {n:,} originals that are missing from {old} is under {new}, for example {path}. Name the folder that holds them now; a file counts as the same if its contents are.",
                len(missing),
                old=params.old,
                new=params.new,
                path=missing[0],
            )
            + hint
        )
    if found:
        relocate(project, params.new, found)
    nothing = "" if found or missing else tr("Nothing to do: all of these images lie where they were.")
    return RelinkResult(
        relinked=sum(map(len, found.values())),
        missing=len(missing),
        missing_paths=missing,
        in_place=in_place,
        summary=nothing,
    )


def _trees(new: Path, images: Sequence[Original]) -> Iterator[Tree]:
    """Yield what lies below a folder (or in an archive), and in those archives below it that are called as those of some images are."""
    tree = read_tree(new)
    yield tree
    wanted = _archives(images)
    if not wanted or not new.is_dir():
        return
    for folder, _, names in os.walk(new):
        for one in (Path(folder, name) for name in sorted(wanted.intersection(names))):
            if one != tree.root:
                with suppress(RequestError, OSError):  # a damaged one holds none of them
                    yield read_tree(one)


def _archives(images: Sequence[Original]) -> set[str]:
    """Return what the archives are called that some images lay in."""
    return {
        PurePath(archive).name for path in (str(one.path) for one in images) if (archive := archive_of(path)) != path
    }


def _inside(path: Path) -> str | None:
    """Return where in its archive a file lies; None where it lies in none."""
    archive = archive_of(str(path))
    return None if archive == str(path) else path.relative_to(archive).as_posix()


def _places(trees: Iterable[Tree]) -> dict[tuple[str, int], list[tuple[Path, str]]]:
    """Return the (folder or archive, path below it) of the files of each name and size."""
    places: dict[tuple[str, int], list[tuple[Path, str]]] = {}
    for tree in trees:
        for entry in tree.entries:
            try:
                size = stamp(tree.root / entry.path).size
            except OSError:
                continue
            places.setdefault((entry.path.rsplit("/", 1)[-1], size), []).append((tree.root, entry.path))
    return places


def _lies_there(path: Path) -> bool:
    try:
        stamp(path)
    except OSError:
        return False
    return True
