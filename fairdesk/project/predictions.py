"""What models say of faces: predicted values beside the labels, never labels themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.project.faces import FacePlace, face_places
from fairdesk.project.main_face import FACE_LABELS

if TYPE_CHECKING:
    from fairdesk.project.project import Project


class Prediction(NamedTuple):
    """One value that a model gave a face."""

    face: int
    kind: str
    value: str
    confidence: float | None


class Unpredicted(NamedTuple):
    """A face, and the kinds that were not predicted for it yet."""

    face: FacePlace
    kinds: list[str]


def keep_predictions(project: Project, model: str, found: Iterable[Prediction]) -> None:
    """Keep what a model said, in place of what it said before."""
    with project.db.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO prediction VALUES (?, ?, ?, ?, ?)",
            ((one.face, one.kind, model, one.value, one.confidence) for one in found),
        )


def unpredicted(project: Project, model: str, detector: str, kinds: Sequence[str]) -> list[Unpredicted]:
    """Return the faces of a detector for which a model has not predicted all of some kinds, in order of id."""
    missing: dict[int, list[str]] = {}
    for face, have in project.db.rows(
        "SELECT f.id, (SELECT json_group_array(kind) FROM prediction p WHERE p.face_id = f.id AND p.model = ?)"
        " FROM face f WHERE f.detector = ?",
        (model, detector),
    ):
        missing[face] = [kind for kind in kinds if kind not in json.loads(have)]
    places = face_places(project, [face for face, lacking in missing.items() if lacking])
    return [Unpredicted(place, missing[place.id]) for place in places]


def predicted_counts(project: Project, detector: str) -> dict[str, dict[str, int]]:
    """Return how often each value was predicted of faces on images that are shown, by kind."""
    out: dict[str, dict[str, int]] = {}
    for kind, value, count in project.db.rows(
        "SELECT p.kind, p.value, count(*) FROM prediction p JOIN face f ON f.id = p.face_id JOIN image i ON i.id = f.image_id"
        " WHERE f.detector = ? AND i.hidden = 0 GROUP BY p.kind, p.value ORDER BY p.kind, count(*) DESC, p.value",
        (detector,),
    ):
        out.setdefault(kind, {})[value] = count
    return out


def agreement(project: Project, detector: str) -> dict[str, dict[str, dict[str, int]]]:
    """Return the confusion of given groups and predicted values, on images that are shown: {kind: {group: {value: faces}}}."""
    out: dict[str, dict[str, dict[str, int]]] = {}
    for kind, group, value, count in project.db.rows(
        f"SELECT p.kind, g.name, p.value, count(*) FROM prediction p JOIN face_label l ON l.face_id = p.face_id{FACE_LABELS}"
        " JOIN image i ON i.id = l.image_id WHERE l.detector = ? AND i.hidden = 0 AND g.id IS NOT NULL AND p.kind != 'age'"
        " GROUP BY p.kind, g.name, p.value ORDER BY p.kind, g.name, count(*) DESC",
        (detector,),
    ):
        out.setdefault(kind, {}).setdefault(group, {})[value] = count
    return out


class PredictedFace(NamedTuple):
    """What models say of the largest face of an image that they have seen."""

    path: str
    box: tuple[int, ...]
    """Top, right, bottom, left."""
    values: dict[str, str]
    confidences: dict[str, float]


def predicted_images(project: Project, detector: str | None = None) -> dict[int, PredictedFace]:
    """Return what was predicted of each image, by its id: of its largest face, of a detector or of any."""
    rows = project.db.rows(
        "SELECT f.image_id, f.id, i.root_id, i.path, f.top, f.right, f.bottom, f.left, p.kind, p.value, p.confidence"
        " FROM prediction p JOIN face f ON f.id = p.face_id JOIN image i ON i.id = f.image_id"
        " WHERE ?1 IS NULL OR f.detector = ?1"
        " ORDER BY f.image_id, (f.bottom - f.top) * (f.right - f.left) DESC, f.id, p.kind",
        (detector,),
    )
    roots = project.roots()
    out: dict[int, PredictedFace] = {}
    chosen: dict[int, int] = {}
    for image, face, root, path, top, right, bottom, left, kind, value, sure in rows:
        if chosen.setdefault(image, face) != face:
            continue
        known = out.setdefault(image, PredictedFace(str(roots[root] / path), (top, right, bottom, left), {}, {}))
        known.values[kind] = value
        if sure is not None:
            known.confidences[kind] = sure
    return out


def predicted_values(project: Project) -> list[str]:
    """Return what models predict, as kind: value."""
    found = project.db.rows("SELECT DISTINCT kind, value FROM prediction WHERE kind != 'age' ORDER BY kind, value")
    return [f"{kind}: {value}" for kind, value in found]
