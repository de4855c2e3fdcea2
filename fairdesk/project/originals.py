"""Original files: the folders they lie in, which are in the project, which cannot be read, and where they moved to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk import counted
from fairdesk.errors import RequestError
from fairdesk.project.archive_names import ARCHIVE_ENDINGS
from fairdesk.project.main_face import IDENTITY
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
_AT_ONCE = 5000  # rows that are in memory at once, and read in one go
_NOT_LISTED: set[str] = set()


class Original(NamedTuple):
    """An image's file, whether or not it is there now."""

    id: int  # of the image
    path: Path  # by the folder that was asked for
    now: Path  # where it is looked for
    size: int
    sha256: str


class ImportedFile(NamedTuple):
    """An image's file where it is looked for now, and what it held when it was imported."""

    folder: Path  # the one it was imported from
    path: Path
    sha256: str


def imported_files(project: Project, images: Sequence[int]) -> list[ImportedFile]:
    """Return the files of some images, in order of id."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT root_id, path, sha256 FROM image WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(images),),
    )
    return [ImportedFile(roots[root], roots[root] / path, sha) for root, path, sha in rows]


def imported_sums(project: Project, images: Sequence[int]) -> dict[int, str]:
    """Return the SHA-256, as hex, of what some images' files held when they were imported."""
    rows = project.db.rows(
        "SELECT id, sha256 FROM image WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(images),)
    )
    return dict(rows)


def imported_stamps(project: Project) -> Iterator[tuple[int, Path, int, int]]:
    """Yield each image with its original's path, and the size and time of last change that it had when it was imported."""
    roots = project.roots()
    for number, root, path, size, mtime in project.db.rows(
        "SELECT id, root_id, path, size, mtime_ns FROM image ORDER BY id"
    ):
        yield number, roots[root] / path, size, mtime


def images_at(project: Project, paths: Iterable[Path]) -> list[int]:
    """Return the images whose originals lie at some paths."""
    roots, found = project.roots(), set()
    for path in paths:
        for number, root in roots.items():
            if path.is_relative_to(root):
                below = number, path.relative_to(root).as_posix()
                found |= set(
                    project.db.numbers("SELECT id AS n FROM image WHERE root_id = ? AND path = ?", below).tolist()
                )
    return sorted(found)


def recorded_folders(project: Project) -> list[Path]:
    """Return the folders of originals as they were recorded."""
    return [Path(row[0]) for row in project.db.rows("SELECT path FROM root ORDER BY id")]


def recorded_under(project: Project, folder: Path) -> list[Original]:
    """Return the originals whose place is below a folder: where they are looked for now, or where they were recorded.

    The two differ where a project was moved together with its photographs.
    """
    places = project.roots()
    out = []
    for number, root, recorded, path, size, sha in project.db.rows(
        "SELECT i.id, r.id, r.path, i.path, i.size, i.sha256 FROM image i JOIN root r ON r.id = i.root_id ORDER BY i.id"
    ):
        now = places[root] / path
        below = next((one for one in (now, Path(recorded) / path) if one.is_relative_to(folder)), None)
        if below is not None:
            out.append(Original(number, below, now, size, sha))
    return out


@dataclass(frozen=True, eq=False)
class Missing:
    """The images whose originals are not where the project looks for them: ids, so that a million need little memory."""

    images: Ids  # ascending
    first: str = ""  # path of one of them
    folder: str = ""  # the one that holds all of them; empty where none does

    def __len__(self) -> int:
        return len(self.images)

    def holds(self, image: int) -> bool:
        """Tell whether an image's original is missing."""
        place = int(np.searchsorted(self.images, image))
        return place < len(self.images) and int(self.images[place]) == image

    def count(self, images: Ids) -> int:
        """Return how many of some images, ascending, are among them."""
        return len(np.intersect1d(self.images, images, assume_unique=True))

    def is_as(self, other: Missing) -> bool:
        """Tell whether the same originals are missing."""
        return self.folder == other.folder and np.array_equal(self.images, other.images)


NONE_MISSING = Missing(np.empty(0, dtype=np.int64))


def missing_originals(project: Project) -> Missing:
    """Return which originals are not where the project looks for them.

    Each folder is listed once. A link that leads nowhere is no original; one that leads in a circle is told as damaged.
    A member of an archive is there where its archive is.
    """
    roots = {number: str(path) for number, path in project.roots().items()}
    listed: dict[
        tuple[int, str], set[str] | None
    ] = {}  # the names in a folder; None: all are there, as it is an archive
    missing: list[int] = []
    places: set[tuple[int, str]] = set()
    first, last = "", 0
    while rows := project.db.rows(
        "SELECT id, root_id, path FROM image WHERE id > ? ORDER BY id LIMIT ?", (last, _AT_ONCE)
    ):
        last = rows[-1][0]
        for number, root, path in rows:
            folder, _, name = path.rpartition("/")
            place = root, folder
            names = listed.get(place, _NOT_LISTED)
            if names is _NOT_LISTED:
                names = listed[place] = _names_in(os.path.join(roots[root], folder))
            if names is None or name in names:
                continue
            if names and os.path.exists(os.path.join(roots[root], path)):  # it is there in other case or form
                continue
            first = first or os.path.join(roots[root], path)
            places.add(place)
            missing.append(number)
    folders = [os.path.join(roots[root], folder) for root, folder in places]
    return Missing(np.array(missing, dtype=np.int64), first, _common(folders))


def _common(folders: list[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # there are none, or they are on several drives
        return ""


def _names_in(folder: str) -> set[str] | None:
    try:
        with os.scandir(folder) as entries:
            return {one.name for one in entries if not (one.is_symlink() and _leads_nowhere(one.path))}
    except FileNotFoundError:
        return set()
    except NotADirectoryError:  # it, or what it lies in, is a file: an archive, or one in a folder's place
        return None if _in_archive(Path(folder)) else set()
    except OSError:  # it may not be listed: its files are asked for one by one when they are needed
        return None


def _in_archive(folder: Path) -> bool:
    """Tell whether what is a file, of a folder and those above it, has an archive's name."""
    return any(one.name.lower().endswith(ARCHIVE_ENDINGS) and one.is_file() for one in (folder, *folder.parents))


def _leads_nowhere(link: str) -> bool:
    try:
        os.stat(link)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # it is there, and cannot be read
        return False
    return False


def imported_images(project: Project, root: int) -> Iterator[tuple[int, str, str | None]]:
    """Yield (image id, path below the folder, identity) of all images of one folder of originals."""
    return project.db.each(
        f"SELECT i.id, i.path, who.name FROM image i{IDENTITY} WHERE i.root_id = ? ORDER BY i.id", (root,)
    )


def folder_number(project: Project, folder: Path) -> int | None:
    """Return the number of a folder of originals, or None where nothing was imported from it."""
    number: int | None = project.db.value("SELECT id FROM root WHERE path = ?", (str(folder),))
    return number


def imported_from(project: Project, folder: Path) -> int:
    """Return how many images were imported from a folder of originals."""
    number = folder_number(project, folder)
    return 0 if number is None else int(project.db.value("SELECT count(*) FROM image WHERE root_id = ?", (number,)))


def keep_folder(connection: apsw.Connection, folder: Path, project: Project) -> int:
    """Record a folder of originals, with the way there from the project; returns its number."""
    try:
        relative = os.path.relpath(folder, project.folder)
    except ValueError:  # another drive
        relative = None
    connection.execute("INSERT OR IGNORE INTO root (path, relative) VALUES (?, ?)", (str(folder), relative))
    number: int = connection.execute("SELECT id FROM root WHERE path = ?", (str(folder),)).get
    return number


def keep_unreadable(connection: apsw.Connection, root: int, files: Iterable[tuple[str, str]]) -> None:
    """Record files (path below a folder of originals, why) that cannot be read."""
    connection.executemany(
        "INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?)", ((root, path, why) for path, why in files)
    )


def forget_unreadable(connection: apsw.Connection, root: int, there: Iterable[str]) -> None:
    """Drop from the unreadable files of a folder of originals those that are not there any more: deleted, or renamed."""
    gone = {str(path) for (path,) in connection.execute("SELECT path FROM unreadable WHERE root_id = ?", (root,))}
    if gone:
        gone -= {path for path in there if path in gone}
    connection.executemany(
        "DELETE FROM unreadable WHERE root_id = ? AND path = ?", [(root, path) for path in sorted(gone)]
    )


def unreadable(project: Project) -> list[tuple[str, str]]:
    """Return (path, why) of each file that could not be imported; one that is an image already is told as that."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT root_id, path, why FROM unreadable u WHERE NOT EXISTS"
        " (SELECT 1 FROM image WHERE root_id = u.root_id AND path = u.path) ORDER BY root_id, path"
    )
    return [(str(roots[root] / path), why) for root, path, why in rows]


def relocate(project: Project, to: Path, found: Mapping[Path, Sequence[tuple[int, str]]]) -> None:
    """Say where images lie now: one undoable step. Folders that hold none any more go.

    `found` has, for each folder (or archive) in `to`, or for that itself, the images (id, path below it).

    Raises
    ------
    RequestError
        If one of these files is another image of the project already.
    """
    count = counted.images(sum(map(len, found.values())))
    with project.journal.step(tr("Relink {count} to {folder}", count=count, folder=to.name)) as connection:
        for folder, images in found.items():
            _relocate(connection, project, folder, images)
        connection.execute(
            "DELETE FROM root WHERE NOT EXISTS (SELECT 1 FROM image WHERE root_id = root.id)"
            " AND NOT EXISTS (SELECT 1 FROM unreadable WHERE root_id = root.id)"
        )


def _relocate(connection: apsw.Connection, project: Project, folder: Path, found: Sequence[tuple[int, str]]) -> None:
    root = keep_folder(connection, folder, project)
    taken = {row[0] for row in connection.execute("SELECT path FROM image WHERE root_id = ?", (root,))}
    clash = [path for _, path in found if path in taken]
    if clash:
        raise RequestError(
            tr_n(
                "{n:,} of these files is in the project already under {folder}: {clash}. Undo that import first, then relink.",
                "{n:,} of these files are in the project already under {folder} (first: {clash}). Undo that import first, then relink.",
                len(clash),
                folder=folder,
                clash=clash[0],
            )
        )
    connection.executemany(
        "UPDATE image SET root_id = ?, path = ? WHERE id = ?", ((root, path, image) for image, path in found)
    )
