"""Saved views: filters that are kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.project.image_queries import Filter
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.project.project import Project


def saved_views(project: Project) -> list[tuple[str, Filter]]:
    """Return the saved views, by name."""
    rows = project.db.rows("SELECT name, wanted FROM saved_view ORDER BY name")
    return [(name, Filter.from_json(text)) for name, text in rows]


def save_view(project: Project, name: str, wanted: Filter) -> None:
    """Keep a filter under a name, in place of one of the same name: one undoable step."""
    with project.journal.step(tr("Save the view {name}", name=name), target={"tab": "dataset"}) as connection:
        connection.execute(
            "INSERT INTO saved_view (name, wanted) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET wanted = excluded.wanted",
            (name, wanted.to_json()),
        )


def remove_view(project: Project, name: str) -> None:
    """Remove a saved view: one undoable step."""
    with project.journal.step(tr("Remove the view {name}", name=name), target={"tab": "dataset"}) as connection:
        connection.execute("DELETE FROM saved_view WHERE name = ?", (name,))
