"""The rows of an evaluation's tables: the whole set, then each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.figures.whole_set import named_apart, whole_name

if TYPE_CHECKING:
    from fairdesk.metrics.results import EvaluateResult, Figures, GroupFigures


def groups_of(result: EvaluateResult) -> dict[str, GroupFigures]:
    """Return the figures of each group; none where there are no groups."""
    return {} if result.groups is None else result.groups.per_group


def rows_of(result: EvaluateResult) -> list[tuple[str, Figures]]:
    """Return the names and figures of the whole set and of each group."""
    rows = groups_of(result)
    return [(whole_name(rows), result), *rows.items()]


def with_whole(note: str, result: EvaluateResult) -> str:
    """Return a note of a table with a row of the whole set."""
    return " ".join(part for part in (note, named_apart(groups_of(result))) if part)
