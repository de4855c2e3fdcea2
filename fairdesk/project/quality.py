"""Quality measures as the catalogue keeps them: values, limits, and what lies outside of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fairdesk.project.main_face import NAMED, WHO

if TYPE_CHECKING:
    from fairdesk.project.project import Project

# Every measure with what it says, as a person reads it.
MEASURES = {
    "sharpness": "Sharpness (variance of the Laplacian)",
    "brightness": "Brightness of the face (0 to 1)",
    "contrast": "Contrast of the face (0 to 1)",
    "clipped": "Share of black or white pixels",
    "side": "Side of the face in pixels",
    "share": "Share of the picture the face takes",
    "yaw": "Turned head (nose off the middle, in eye distances)",
    "roll": "Tilted head (degrees)",
    "faces": "Faces on the picture",
}


@dataclass(frozen=True)
class Limit:
    """A range a measure must lie in; None: no bound on that side."""

    measure: str
    low: float | None
    high: float | None

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        return f"{self.measure}={low}:{high}"

    def words(self) -> str:
        """Say it: sharpness at least 30."""
        low = f"at least {self.low:.4g}" if self.low is not None else ""
        high = f"at most {self.high:.4g}" if self.high is not None else ""
        return f"{self.measure} {low}{' and ' if low and high else ''}{high}"

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``MEASURE=LOW:HIGH``, one side may be empty. Raises `ValueError`."""
        measure, equals, span = text.partition("=")
        low, colon, high = span.partition(":")
        if not equals or not colon or measure not in MEASURES or not (low or high):
            raise ValueError(f"are MEASURE=LOW:HIGH (one side may be empty) with the measures {', '.join(MEASURES)}")
        try:
            limit = cls(measure, float(low) if low else None, float(high) if high else None)
        except ValueError:
            raise ValueError(f"{span!r} is not LOW:HIGH") from None
        if limit.low is not None and limit.high is not None and limit.low > limit.high:
            raise ValueError(f"in {text!r} the low end is above the high one")
        return limit

    def inside(self, table: str = "q") -> str:
        """Return the condition in SQL; the measure's name is one of `MEASURES`, its ends are numbers."""
        assert self.measure in MEASURES
        parts = [
            f"{table}.{self.measure} {sign} {float(end)!r}"
            for sign, end in ((">=", self.low), ("<=", self.high))
            if end is not None
        ]
        return " AND ".join(parts)


def outside(project: Project, limits: list[Limit], detector: str) -> list[int]:
    """Return the shown images that are measured and outside of any limit; what cannot be measured is not outside."""
    if not limits:
        return []
    where = " OR ".join(f"NOT ({limit.inside()})" for limit in limits)
    rows = project.db.rows(
        f"SELECT i.id FROM quality q JOIN image i ON i.id = q.image_id WHERE q.detector = ? AND i.hidden = 0 AND ({where}) ORDER BY i.id",
        (detector,),
    )
    return [row[0] for row in rows]


def values(project: Project, measure: str, detector: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the ids of the shown images that have a measure, and its values."""
    assert measure in MEASURES
    rows = project.db.rows(
        f"SELECT i.id, q.{measure} FROM quality q JOIN image i ON i.id = q.image_id"
        f" WHERE q.detector = ? AND i.hidden = 0 AND q.{measure} IS NOT NULL ORDER BY i.id",
        (detector,),
    )
    return np.array([r[0] for r in rows], dtype=np.int64), np.array([r[1] for r in rows], dtype=np.float64)


def measured(project: Project, detector: str) -> dict[str, dict[str, float] | None]:
    """Return the 5th, 50th and 95th percentile of each measure; None where nothing has it."""
    out: dict[str, dict[str, float] | None] = {}
    for measure in MEASURES:
        _, found = values(project, measure, detector)
        low, middle, high = np.percentile(found, [5, 50, 95]) if len(found) else (0.0, 0.0, 0.0)
        out[measure] = {"p5": float(low), "median": float(middle), "p95": float(high)} if len(found) else None
    return out


def counts(project: Project, detector: str) -> dict[str, Any]:
    """Return how many shown images are measured, have no face, are unreadable, and were not looked at."""
    row = project.db.rows(
        "SELECT count(q.image_id), sum(q.side IS NULL AND q.why IS NULL AND q.image_id IS NOT NULL), sum(q.why IS NOT NULL),"
        " sum(q.image_id IS NULL) FROM image i LEFT JOIN quality q ON q.image_id = i.id AND q.detector = ? WHERE i.hidden = 0",
        (detector,),
    )[0]
    return {
        "measured": row[0] - (row[2] or 0),
        "without_face": row[1] or 0,
        "unreadable": row[2] or 0,
        "not_looked_at": row[3] or 0,
    }


def by_group(project: Project, detector: str) -> dict[str, tuple[float, float]]:
    """Return (median sharpness, median side of the face in pixels) of each group that is measured."""
    rows = project.db.rows(
        "SELECT g.name, q.sharpness, q.side FROM quality q JOIN image i ON i.id = q.image_id"
        f"{NAMED} LEFT JOIN identity who ON who.id = {WHO}"
        " JOIN grp g ON g.id = ifnull(who.group_id, i.group_id)"
        " WHERE q.detector = ? AND i.hidden = 0 AND q.sharpness IS NOT NULL AND q.side IS NOT NULL",
        (detector,),
    )
    found: dict[str, list[tuple[float, float]]] = {}
    for name, sharp, side in rows:
        found.setdefault(name, []).append((sharp, side))
    return {
        name: (float(np.median([s for s, _ in pairs])), float(np.median([s for _, s in pairs])))
        for name, pairs in found.items()
    }
