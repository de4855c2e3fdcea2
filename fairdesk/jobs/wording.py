"""Numbers and lists in words, for results on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from fairdesk.jobs.results import Unreadable
from fairdesk.text_names import in_one_line
from fairdesk.words import tr

MOST = 10  # items of a list that a terminal shows


def count(number: int, word: str) -> str:
    """Say a number of things: 1 image, 1,200 identities."""
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number:,} {word if number == 1 else plural}"


def listed(title: str, items: list[str]) -> list[str]:
    """Return a titled list's lines, cut after ten; none for an empty one."""
    if not items:
        return []
    shown = [f"  {in_one_line(item)}" for item in items[:MOST]]
    return [
        f"{title}:",
        *shown,
        *(["  " + tr("... and {n} more (see --json)", n=len(items) - MOST)] if len(items) > MOST else []),
    ]


def left_out(title: str, files: Iterable[Unreadable]) -> list[str]:
    """Return the lines of files that were left out, each with why."""
    return listed(title, [f"{one.path}: {one.why}" for one in files])


def rate(value: float | None) -> str:
    """Say a rate in percent."""
    return tr("undefined") if value is None else f"{100 * value:.3g} %"
