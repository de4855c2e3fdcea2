"""What is read is never written over: one place by any spelling, link or archive is refused before any work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fairdesk.words import tr


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
