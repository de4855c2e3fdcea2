"""A rule for paths that somebody wrote elsewhere: OLD=NEW, the beginning that they have there and the folder that it is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairdesk.dataset.path_matching import plain
from fairdesk.errors import RequestError
from fairdesk.words import mark, tr

HELP = mark(
    "Where the file's paths begin with a folder of another machine: OLD=NEW, that folder and the folder here, either slash. "
    "Without NEW the beginning is taken off, without OLD every path gets NEW before it"
)
_SHOWN = 3  # paths that an error names


def check_rules(value: list[str] | None) -> list[str] | None:
    """Accept OLD=NEW. Raises `ValueError`."""
    for text in value or ():
        old, equals, new = text.partition("=")
        if not equals or not (old.strip() or new.strip()):
            raise ValueError(tr("must be OLD=NEW: how the file's paths begin, and the folder here"))
    return value


def replaced(names: Iterable[str], rules: Sequence[str]) -> dict[str, str]:
    """Return what paths become: those of `names` that a rule is about, with OLD replaced by NEW; of several the longest OLD.

    OLD is whole folders. An `=` within OLD is no end of it where some path begins with more.

    Raises
    ------
    RequestError
        If no path begins with some OLD; shows how the first paths begin.
    """
    written = {name: plain(name) for name in names}
    pairs = sorted((_parted(rule, written) for rule in rules), key=lambda pair: -len(pair[0]))
    found: dict[str, str] = {}
    for name, path in written.items():
        for old, new in pairs:
            if (rest := _below(path, old)) is not None:
                found[name] = f"{new.rstrip('/')}/{rest}" if new else rest
                break
    return found


def _parted(rule: str, written: dict[str, str]) -> tuple[str, str]:
    parts = rule.split("=")
    for end in range(1, len(parts)):
        old, new = plain("=".join(parts[:end]).strip()), plain("=".join(parts[end:]).strip())
        if any(_below(path, old) is not None for path in written.values()):
            return old, new
    raise RequestError(
        tr(
            "No path of the file begins with {old}. Its first paths are: {paths}. Give the beginning as it stands there.",
            old=parts[0].strip(),
            paths=", ".join(list(written)[:_SHOWN]) or tr("none"),
        )
    )


def _below(path: str, old: str) -> str | None:
    """Return a path below a folder; None where it is not in it. Drives and names of Windows' folders ignore case."""
    if not old:
        return path
    begin = old.rstrip("/") + "/"
    if path.startswith(begin):
        return path[len(begin) :]
    if old[1:2] == ":" and path[: len(begin)].casefold() == begin.casefold():
        return path[len(begin) :]
    return None
