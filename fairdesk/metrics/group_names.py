"""Names of groups within a line of text."""

from __future__ import annotations

_WIDEST = 40  # letters


def on_one_line(name: str) -> str:
    """Return a group's name without line breaks, cut to what a line or the terminal's table has room for."""
    name = " ".join(name.split())
    return name if len(name) <= _WIDEST else name[: _WIDEST - 1] + "…"
