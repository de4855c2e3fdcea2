"""Quality of images: what is measured, the values that are kept, limits, and what lies outside of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.project.boxes import FaceBox
from fairdesk.project.faces import read_landmarks
from fairdesk.project.main_face import LABELS
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from fairdesk.project.project import Project

# Every measure with what it says, as a person reads it.
MEASURES = {
    "sharpness": mark("Sharpness (variance of the Laplacian)"),
    "brightness": mark("Brightness of the face (0 to 1)"),
    "contrast": mark("Contrast of the face (0 to 1)"),
    "clipped": mark("Share of black or white pixels"),
    "side": mark("Side of the face in pixels"),
    "share": mark("Share of the image the face takes"),
    "yaw": mark("Turned head (nose off the middle, in eye distances)"),
    "roll": mark("Tilted head (degrees)"),
    "faces": mark("Faces in the image"),
}


@dataclass(frozen=True)
class Quality:
    """Measures of the largest face of an image; None where it cannot be measured.

    sharpness
        Variance of the Laplacian of the grey face at 112 x 112, values 0 to 255 (Pech-Pacheco et al., ICPR 2000).
    brightness, contrast
        Mean and standard deviation of its grey values, 0 to 1.
    clipped
        Share of its pixels that are black (at most 2 of 255) or white (at least 253).
    side
        Shorter side of the face's box in pixels.
    share
        Area of the box, of the picture's.
    yaw
        How far the nose lies from the middle between the eyes, along their line, in eye distances (0: frontal).
    roll
        Angle of the line through the eyes, in degrees.
    faces
        Faces in the image.
    """

    sharpness: float | None
    brightness: float | None
    contrast: float | None
    clipped: float | None
    side: float | None
    share: float | None
    yaw: float | None
    roll: float | None
    faces: int


class Unmeasured(NamedTuple):
    """An image whose faces are known and whose quality is not."""

    image: int
    path: str
    sha256: str
    box: FaceBox | None  # of its largest face
    faces: int


class Measured(NamedTuple):
    """What was measured of an image, or why it could not be read."""

    image: int
    quality: Quality | None
    why: str | None = None


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
        if self.low is not None and self.high is not None:
            return tr(
                "{measure} at least {low:.4g} and at most {high:.4g}",
                measure=self.measure,
                low=self.low,
                high=self.high,
            )
        if self.low is not None:
            return tr("{measure} at least {low:.4g}", measure=self.measure, low=self.low)
        return tr("{measure} at most {high:.4g}", measure=self.measure, high=self.high)

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``MEASURE=LOW:HIGH``, one side may be empty. Raises `ValueError`."""
        measure, equals, span = text.partition("=")
        low, colon, high = span.partition(":")
        if not equals or not colon or measure not in MEASURES or not (low or high):
            raise ValueError(
                tr(
                    "are MEASURE=LOW:HIGH (one side may be empty) with the measures {measures}",
                    measures=", ".join(MEASURES),
                )
            )
        try:
            limit = cls(measure, float(low) if low else None, float(high) if high else None)
        except ValueError:
            raise ValueError(tr("{span!r} is not LOW:HIGH", span=span)) from None
        if limit.low is not None and limit.high is not None and limit.low > limit.high:
            raise ValueError(tr("in {text!r} the low end is above the high one", text=text))
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
        f"SELECT g.name, q.sharpness, q.side FROM quality q JOIN image i ON i.id = q.image_id{LABELS}"
        " WHERE q.detector = ? AND g.id IS NOT NULL AND i.hidden = 0 AND q.sharpness IS NOT NULL AND q.side IS NOT NULL",
        (detector,),
    )
    found: dict[str, list[tuple[float, float]]] = {}
    for name, sharp, side in rows:
        found.setdefault(name, []).append((sharp, side))
    return {
        name: (float(np.median([s for s, _ in pairs])), float(np.median([s for _, s in pairs])))
        for name, pairs in found.items()
    }


def any_measured(project: Project, detector: str | None = None) -> bool:
    """Whether anything was measured, with the faces of one detector or of any."""
    which, values = ("", ()) if detector is None else (" WHERE detector = ?", (detector,))
    return project.db.value(f"SELECT 1 FROM quality{which} LIMIT 1", values) is not None


def unmeasured(project: Project, detector: str) -> list[Unmeasured]:
    """Return the images that a detector has looked at and that are not measured; one that could not be read is among them."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.id, i.root_id, i.path, i.sha256, d.faces, f.landmarks, f.top, f.right, f.bottom, f.left FROM image i"
        " JOIN detection d ON d.image_id = i.id AND d.detector = ?1 AND d.why IS NULL"
        " LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1"
        " WHERE NOT EXISTS (SELECT 1 FROM quality q WHERE q.image_id = i.id AND q.detector = ?1 AND q.why IS NULL)"
        " ORDER BY i.id",
        (detector,),
    )
    return [
        Unmeasured(
            number,
            str(roots[root] / path),
            sha,
            None if top is None else FaceBox(top, right, bottom, left, None, read_landmarks(marks)),
            faces,
        )
        for number, root, path, sha, faces, marks, top, right, bottom, left in rows
    ]


class UnreadForQuality(NamedTuple):
    """An image whose quality could not be measured, and why."""

    path: str
    why: str
    hidden: bool


def unread_for_quality(project: Project, detector: str) -> dict[int, UnreadForQuality]:
    """Return the images that could not be read when the faces of a detector were measured, by id; those hidden too."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.id, i.root_id, i.path, q.why, i.hidden FROM quality q JOIN image i ON i.id = q.image_id"
        " WHERE q.detector = ? AND q.why IS NOT NULL ORDER BY i.id",
        (detector,),
    )
    return {
        number: UnreadForQuality(str(roots[root] / path), why, bool(hidden)) for number, root, path, why, hidden in rows
    }


def keep_measured(project: Project, detector: str, found: Iterable[Measured]) -> None:
    """Keep what was measured; an image that was removed meanwhile is left out."""
    nothing = (None,) * len(MEASURES)
    marks = ",".join("?" * (len(MEASURES) + 3))
    with project.db.transaction() as connection:
        connection.executemany(
            f"INSERT OR REPLACE INTO quality SELECT {marks} WHERE EXISTS (SELECT 1 FROM image WHERE id = ?)",
            (
                (one.image, detector, *(nothing if one.quality is None else astuple(one.quality)), one.why, one.image)
                for one in found
            ),
        )


def copy_measured(project: Project, detector: str) -> None:
    """Give images what was measured of another one with the same content and the same face."""
    names = (*MEASURES, "why")
    same = " AND ".join(f"ifnull(f.{edge}, -1) = ifnull(g.{edge}, -1)" for edge in ("top", "right", "bottom", "left"))
    with project.db.transaction() as connection:
        connection.execute(
            f"INSERT OR REPLACE INTO quality (image_id, detector, {', '.join(names)})"
            f" SELECT i.id, q.detector, {', '.join('q.' + name for name in names)}"
            " FROM quality q JOIN image o ON o.id = q.image_id JOIN image i ON i.sha256 = o.sha256 AND i.id != o.id"
            " JOIN detection d ON d.image_id = i.id AND d.detector = ?1 AND d.why IS NULL AND d.faces = q.faces"
            " LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1"
            " LEFT JOIN face g ON g.image_id = o.id AND g.place = 0 AND g.detector = ?1"
            f" WHERE q.detector = ?1 AND q.why IS NULL AND {same}"
            " AND (f.landmarks IS g.landmarks OR f.landmarks = '[]' AND g.landmarks IS NOT NULL"
            " OR g.landmarks = '[]' AND f.landmarks IS NOT NULL)"  # still to be looked for: the same in the same picture
            " AND NOT EXISTS (SELECT 1 FROM quality k WHERE k.image_id = i.id AND k.detector = ?1 AND k.why IS NULL)",
            (detector,),
        )
