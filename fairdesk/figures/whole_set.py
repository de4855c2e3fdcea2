"""What the whole set is called beside its groups: never what a group is called."""

from __future__ import annotations

from collections.abc import Iterable

from fairdesk.words import tr, tr_n

WHOLE = ""
"""The whole set's key where groups have their names; no group is called so."""
_ALIKE = ("all", "overall", "everyone", "everything", "total")


def whole_name(groups: Iterable[str]) -> str:
    """Return what the whole set is called: "all", or where a group may be taken for that, another name."""
    taken = {name.strip().casefold() for name in groups}
    plain = tr("all")
    if not taken.intersection({*_ALIKE, plain.casefold()}):
        return plain
    name = tr("whole set")
    while name.casefold() in taken:
        name = f"({name})"
    return name


def named_apart(groups: Iterable[str]) -> str:
    """Say what the whole set is called where that is not "all", or nothing."""
    name = whole_name(groups)
    return "" if name == tr("all") else tr("The row {name} is of all groups together.", name=f"“{name}”")


def beside_groups(groups: Iterable[str], comparisons: int) -> str:
    """Say that the row of the whole set holds so many comparisons that are in no group's row; nothing where there are none."""
    if comparisons <= 0:
        return ""
    return tr_n(
        "The row {name} also holds {n:,} comparison of two groups, or of a face without a group.",
        "The row {name} also holds {n:,} comparisons of two groups, or of faces without a group.",
        comparisons,
        name=f"“{whole_name(groups)}”",
    )
