"""What an axis is called that several series share."""

from __future__ import annotations

from collections.abc import Iterable

_NAMED = 3  # series


def axis_name(series: Iterable[str]) -> str:
    """Return the names of the series that an axis shows, those of groups (`EER[A]`) as one."""
    names = list(dict.fromkeys(name.partition("[")[0] for name in series))
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
