"""Which detectors have looked at which images, and the faces they found there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.project.boxes import SAME, FaceBox, overlap
from fairdesk.words import tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project


@dataclass(frozen=True)
class Search:
    """What one detector found."""

    detector: str
    images: int  # it has looked at
    faces: int
    without_face: int  # of the images
    not_read: int  # of the images


class UnseenImage(NamedTuple):
    """An image that a detector has not looked at."""

    id: int
    path: str
    pixels: int = 0  # as it was imported
    sha256: bytes = b""  # what its file has to hold; empty where that is not asked


class FoundFaces(NamedTuple):
    """The faces of one image, the largest first, each with its thumbnail (empty: to be made later); or why it could not be read."""

    faces: list[tuple[FaceBox, bytes]]
    why: str | None = None


class _Named(NamedTuple):
    box: FaceBox | None  # None: any, as the whole image was taken for the face
    identity: int | None
    source: str


def searches(project: Project) -> list[Search]:
    """Return the detectors that have looked at images of a project, by name."""
    faces: dict[str, int] = dict(project.db.rows("SELECT detector, count(*) FROM face GROUP BY detector"))
    detectors = [row[0] for row in project.db.rows("SELECT DISTINCT detector FROM detection ORDER BY detector")]
    counts = "SELECT count(*), ifnull(sum(faces = 0 AND why IS NULL), 0), count(why) FROM detection WHERE detector = ?"
    out = []
    for detector in detectors:  # one after the other: a million rows grouped take three times as long
        ((images, without_face, not_read),) = project.db.rows(counts, (detector,))
        out.append(Search(detector, images, faces.get(detector, 0), without_face, not_read))
    return out


def others_found(project: Project, detector: str, *, or_none: bool = False) -> str:
    """Name the other detectors that found faces (or that looked and found none), each with how many; empty where there are none."""
    return ", ".join(
        tr_n("{detector} ({n:,} face)", "{detector} ({n:,} faces)", one.faces, detector=one.detector)
        for one in searches(project)
        if (one.faces or or_none) and one.detector != detector
    )


def face_count(project: Project, detector: str) -> int:
    """Return how many faces a detector found."""
    found: int = project.db.value("SELECT count(*) FROM face WHERE detector = ?", (detector,))
    return found


class WithoutFace(NamedTuple):
    """An image in which a detector found no face; `why` tells of a file it could not read."""

    path: str
    why: str | None
    longest: int  # side in pixels, as it was imported
    shortest: int


def unread_images(project: Project, detector: str, *, but: str = "") -> npt.NDArray[np.int64]:
    """Return the images, hidden ones left out, that a detector could not read, but for one reason, ascending."""
    return project.db.numbers(
        "SELECT d.image_id AS n FROM detection d JOIN image i ON i.id = d.image_id"
        " WHERE d.detector = ? AND d.why IS NOT NULL AND d.why != ? AND i.hidden = 0 ORDER BY d.image_id",
        (detector, but),
    )


def why_not_read(project: Project, detector: str, images: Sequence[int]) -> dict[int, str]:
    """Return why a detector could not read images, of some; one that it could read is left out."""
    return dict(
        project.db.rows(
            "SELECT image_id, why FROM detection WHERE detector = ? AND why IS NOT NULL"
            " AND image_id IN (SELECT value FROM json_each(?)) ORDER BY image_id",
            (detector, json.dumps(images)),
        )
    )


def looked_at(project: Project, detector: str, images: Sequence[int]) -> dict[int, tuple[int, str | None]]:
    """Return (faces found, why it could not be read) of those of some images that a detector has looked at."""
    rows = project.db.rows(
        "SELECT image_id, faces, why FROM detection WHERE detector = ?"
        " AND image_id IN (SELECT value FROM json_each(?)) ORDER BY image_id",
        (detector, json.dumps(images)),
    )
    return {image: (faces, why) for image, faces, why in rows}


def images_without_face(project: Project, detector: str) -> list[WithoutFace]:
    """Return the images in which a detector found no face."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.root_id, i.path, d.why, max(i.width, i.height), min(i.width, i.height) FROM detection d JOIN image i ON i.id = d.image_id"
        " WHERE d.detector = ? AND d.faces = 0 ORDER BY i.id",
        (detector,),
    )
    return [WithoutFace(str(roots[root] / path), why, *sides) for root, path, why, *sides in rows]


def unseen_images(project: Project, detector: str) -> list[UnseenImage]:
    """Return the images a detector has not looked at yet; one whose file it could not read is among them."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT id, root_id, path, width * height FROM image WHERE NOT EXISTS (SELECT 1 FROM detection d"
        " WHERE d.image_id = image.id AND d.detector = ? AND d.why IS NULL) ORDER BY id",
        (detector,),
    )
    return [UnseenImage(number, str(roots[root] / path), pixels) for number, root, path, pixels in rows]


def keep_faces(project: Project, detector: str, found: Iterable[tuple[int, FoundFaces]]) -> list[list[int]]:
    """Keep the faces that a detector found in images (by id), with their thumbnails.

    A face that a person has labelled, by any detector, keeps its label; an image that was removed meanwhile is left out.

    Returns
    -------
    list of list of int
        For each image the ids of its faces; none where the image was removed.
    """
    numbers: list[list[int]] = []
    pictures: list[tuple[str, int, bytes]] = []
    whole: list[tuple[int, int]] = []
    with project.db.transaction() as connection:
        for image, (faces, why) in found:
            numbers.append([])
            if not connection.execute("SELECT 1 FROM image WHERE id = ?", (image,)).get:
                continue
            known = _named_faces(project, image, detector)
            connection.execute(
                "INSERT OR REPLACE INTO detection VALUES (?, ?, ?, ?)", (image, detector, len(faces), why)
            )
            for place, (box, jpeg) in enumerate(faces):
                named = next((one for one in known if _is_same(one, box, place)), None)
                connection.execute(
                    "INSERT OR IGNORE INTO face (image_id, detector, place, top, right, bottom, left, score, landmarks,"
                    " identity_id, label_source) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                    (image, detector, place, *box.css, box.score, None if box.landmarks is None else json.dumps(box.landmarks),
                     named and named.identity, named and named.source),
                )  # fmt: skip
                number = connection.execute(
                    "SELECT id FROM face WHERE image_id = ? AND detector = ? AND place = ?", (image, detector, place)
                ).get
                numbers[-1].append(number)
                if jpeg:
                    pictures.append(("face", number, jpeg))
                elif detector == "whole":
                    whole.append((image, number))
        project.thumbnails.copy_to_faces(whole)
        project.thumbnails.put(pictures)  # first: a face has its thumbnail, whatever ends this in between
    return numbers


def _is_same(named: _Named, box: FaceBox, place: int) -> bool:
    return place == 0 if named.box is None else overlap(box, named.box) > SAME


def _named_faces(project: Project, image: int, detector: str) -> list[_Named]:
    """Return the faces of an image that a person has labelled, by any detector.

    Where the whole image is taken for the face, by either detector, it is the image's largest face.
    """
    rows = project.db.rows(
        "SELECT place = 0 AND 'whole' IN (detector, ?), identity_id, label_source, top, right, bottom, left FROM face"
        " WHERE image_id = ? AND label_source IS NOT NULL ORDER BY place, id DESC",
        (detector, image),
    )
    return [_Named(None if whole else FaceBox(*box), who, source) for whole, who, source, *box in rows]
