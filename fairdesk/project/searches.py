"""Which detectors have looked for faces, and what they found."""

from __future__ import annotations

from dataclasses import dataclass

from fairdesk.project.database import Database


@dataclass(frozen=True)
class Search:
    """What one detector found."""

    detector: str
    images: int  # it has looked at
    faces: int


def searches(database: Database) -> list[Search]:
    """Return the detectors that have looked at images of a project, by name."""
    faces: dict[str, int] = dict(database.rows("SELECT detector, count(*) FROM face GROUP BY detector"))
    rows = database.rows("SELECT detector, count(*) FROM detection GROUP BY detector ORDER BY detector")
    return [Search(detector, images, faces.get(detector, 0)) for detector, images in rows]
