"""What a threshold beyond all scores comes to, in words: no curve has a place for it in ROC and DET."""

from __future__ import annotations

from fairdesk.words import tr


def all_or_none(rates: tuple[float, float] | None) -> str | None:
    """Say what is accepted where that is no comparison, or every one, by FMR and FNMR; else None."""
    if rates == (0.0, 1.0):
        return tr("no comparison is accepted")
    return tr("every comparison is accepted") if rates == (1.0, 0.0) else None
