"""What is read, and what a project is made of, is never written over: by any spelling or link it is refused before any work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.words import tr

_FREE = "exports"  # of a project's folder, to write to
_DATABASES = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal")
_OWN = ("vectors", "jobs", "window.lock")


def one_place(first: Path, second: Path) -> bool:
    """Return whether two paths are one file or folder, however they are spelled and linked."""
    one, other = first.expanduser(), second.expanduser()
    try:
        if one.exists() and other.exists():
            return one.samefile(other)
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError):  # no right to look, a circle of links: what uses them says so
        return one.absolute() == other.absolute()


def written_over(out: Path | None, read: Iterable[Path | None]) -> str | None:
    """Return what to say where `out` is something that is read, or the archive that it lies in; None where all is well."""
    if out is None:
        return None
    for source in read:
        if source is None:
            continue
        within = [one for one in source.expanduser().absolute().parents if one.is_file()]
        if any(one_place(out, one) for one in (source, *within)):
            return tr("{out} is what is read ({source}). Write to another place.", out=out, source=source)
    return None


def wrong_place(out: Path | None, *, folder: bool) -> str | None:
    """Return what to say where `out` (a folder, or a file) is of the other kind, a project, or what one is made of; else None."""
    if out is None:
        return None
    try:
        place = out.expanduser().resolve()
        if folder:
            for one in (place, *place.parents):
                if one.is_dir():
                    break
                if one.exists():
                    return tr("{path} is a file. Give a folder to write to.", path=one)
        elif out.suffix and place.is_dir():
            return tr("{path} is a folder. Give a file to write.", path=out)
        return _of_project(out, place)
    except (OSError, RuntimeError):  # no right to look, a circle of links: what uses it says so
        return None


def _of_project(out: Path, place: Path) -> str | None:
    from fairdesk.project.project import CATALOG

    project = next((one for one in (place, *place.parents) if (one / CATALOG).is_file()), None)
    if project is None:
        return None
    first = place.relative_to(project).parts[:1]
    if first and first[0] not in _OWN and not first[0].endswith(_DATABASES):
        return None
    return tr(
        "{out} is a project, or a part of one. Write to another place, such as {free}.",
        out=out, free=project / _FREE / (out.name if first else "report"),
    )  # fmt: skip


def need_apart(folder: Path | None, written: Sequence[str], read: Iterable[Path | None]) -> None:
    """Raise `RequestError` where a file that is read is one of those that will be written to a folder: names, with * for any."""
    if folder is None or not folder.is_dir():
        return
    made = [path for name in written for path in folder.glob(name)]
    for source in read:
        if source is not None and any(one_place(path, source) for path in made):
            raise RequestError(
                tr(
                    "{source} is read, and a file of that name is written to {folder}. Give another folder.",
                    source=source,
                    folder=folder,
                )
            )
